/** A socket whose other side reads when the test says so, and what it has read. */
import { Duplex } from "node:stream"
import { Connection } from "../../src/relay/Connection.ts"
import { makeOwner } from "../../src/relay/Owner.ts"
import { RelayCounts } from "../../src/relay/RelayCounts.ts"

/** The texts of the frames in bytes that a server wrote, each frame a message. */
export const textsOf = (bytes: Buffer): ReadonlyArray<string> => {
  const texts: Array<string> = []
  let at = 0
  while (at < bytes.length) {
    const short = bytes[at + 1] ?? 0
    const head = short === 127 ? 10 : short === 126 ? 4 : 2
    const length =
      short === 127
        ? Number(bytes.readBigUInt64BE(at + 2))
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : short
    texts.push(bytes.toString("utf8", at + head, at + head + length))
    at += head + length
  }
  return texts
}

export class FakeSocket extends Duplex {
  readonly chunks: Array<Buffer> = []
  #held: (() => void) | undefined
  #isStalled = false

  override _read(): void {
    // Nothing comes from the other side.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const pass = (): void => {
      this.chunks.push(chunk)
      done()
    }
    if (this.#isStalled) this.#held = pass
    else pass()
  }

  /** The other side reads nothing more. */
  stall(): void {
    this.#isStalled = true
  }

  /** The other side takes the one write that is under way, and stalls again. */
  readOne(): void {
    const held = this.#held
    this.#held = undefined
    held?.()
  }

  /** The other side reads on. */
  readOn(): void {
    this.#isStalled = false
    this.readOne()
  }

  /** The bytes that were read. */
  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }
}

/** A connection on such a socket; `closes` is what its WebSocket was told. */
export const fakeConnection = (counts = new RelayCounts()) => {
  const socket = new FakeSocket({ writableHighWaterMark: 1_024 })
  const closes: Array<{ readonly code: number; readonly reason: string }> = []
  const webSocket = {
    readyState: 1 as const,
    isOpen: true,
    isPaused: false,
    pause: () => {
      webSocket.isPaused = true
    },
    resume: () => {
      webSocket.isPaused = false
    },
    ping: () => undefined,
    close: (code?: number, reason?: string | Buffer) => {
      closes.push({ code: code ?? 0, reason: String(reason ?? "") })
    },
    terminate: () => void socket.destroy()
  }
  const connection = new Connection(makeOwner("node", 1), webSocket, socket, counts)
  return { connection, socket, closes, counts }
}
