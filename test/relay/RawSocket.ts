/** Bytes over TCP, as no client would send them, and what comes back. */
import { connect, type Socket } from "node:net"
import * as Effect from "effect/Effect"

/** The head of a request for a WebSocket. */
export const upgradeHead = (
  headers: { readonly [name: string]: string | undefined } = {},
  path = "/v2022-06-30/socket/production",
  method = "GET"
): string => {
  const all: { readonly [name: string]: string | undefined } = {
    Host: "localhost",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers
  }
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`]
  )
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`
}

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface FrameParts {
  /** The last of its message: it is by default. */
  readonly isFinal?: boolean
  /** The three reserved bits, as `0x40`, `0x20` and `0x10`. */
  readonly reserved?: number
  /** False breaks the protocol: a client masks. */
  readonly isMasked?: boolean
  /** What the head says, where it is not the length of the body. */
  readonly length?: number
}

/** A frame of a client; the mask is nought. */
export const clientFrame = (
  code: number,
  body: string | Buffer = "",
  parts: FrameParts = {}
): Buffer => {
  const { isFinal = true, isMasked = true, reserved = 0 } = parts
  const payload = Buffer.from(body)
  const { length = payload.length } = parts
  const mask = isMasked ? 0x80 : 0
  const head = [(isFinal ? 0x80 : 0) | reserved | code]
  if (length <= 125) {
    head.push(mask | length)
  } else if (length <= 0xffff) {
    head.push(mask | 126, length >> 8, length & 0xff)
  } else {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64BE(BigInt(length))
    head.push(mask | 127, ...bytes)
  }
  return Buffer.concat([Buffer.from(head), Buffer.alloc(isMasked ? 4 : 0), payload])
}

/** A socket of this test, destroyed with the scope. It closes only when it is told to. */
export const openRaw = (url: string, first: string | Buffer = "") =>
  Effect.acquireRelease(
    Effect.callback<RawSocket>((resume) => {
      const raw = new RawSocket(url)
      raw.socket.once("connect", () => {
        if (first.length > 0) raw.socket.write(first)
        resume(Effect.succeed(raw))
      })
      // One that is refused is over, like one that is cut off.
      raw.socket.once("close", () => resume(Effect.succeed(raw)))
    }),
    ({ socket }) => Effect.sync(() => socket.destroy())
  )

export class RawSocket {
  readonly socket: Socket
  bytes = Buffer.alloc(0)
  /** The other side has said that it sends no more, or has cut the connection off. */
  isOver = false
  readonly #listeners = new Set<() => void>()

  constructor(url: string) {
    this.socket = connect({
      port: Number(new URL(url).port),
      host: "127.0.0.1",
      allowHalfOpen: true
    })
    this.socket.on("data", (data) => {
      this.bytes = Buffer.concat([this.bytes, data])
      this.#tell()
    })
    this.socket.on("error", () => undefined)
    for (const event of ["end", "close"]) {
      this.socket.on(event, () => {
        this.isOver = true
        this.#tell()
      })
    }
  }

  get text(): string {
    return this.bytes.toString("latin1")
  }

  /** Waits until it is true; looks whenever something comes, or the other side ends. */
  until(isTrue: (raw: RawSocket) => boolean): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const check = (): void => {
        if (!isTrue(this)) return
        this.#listeners.delete(check)
        resume(Effect.void)
      }
      this.#listeners.add(check)
      check()
    })
  }

  /** Waits for the end of what the other side sends. */
  get over(): Effect.Effect<void> {
    return this.until(({ isOver }) => isOver)
  }

  /** Waits until the other side has answered with a head, and for the WebSocket behind it. */
  get upgraded(): Effect.Effect<void> {
    return this.until(({ isOver, text }) => isOver || text.includes("\r\n\r\n"))
  }

  #tell(): void {
    for (const listener of Array.from(this.#listeners)) listener()
  }
}

/** How many sockets of this process are open, both ends of those that it has with itself. */
export const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === "TCPSocketWrap").length

/** Waits, for 5 s at most, until it is true of the relay, which tells nobody. */
export const eventually = (what: string, isTrue: () => boolean | Promise<boolean>) =>
  Effect.promise(async () => {
    const end = performance.now() + 5_000
    while (!(await isTrue())) {
      if (performance.now() > end) throw new Error(`not in time: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })
