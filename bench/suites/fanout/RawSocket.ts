/** A WebSocket on a bare net socket that reads into memory that all share. */
import { randomBytes } from "node:crypto"
import { connect, type Socket } from "node:net"
import { FrameReader, Opcode, toFrame } from "./FrameReader.ts"

/** A read is done with before the next one begins, on whatever socket. */
const shared = Buffer.alloc(256 * 1024)

/** How long an answer may take, in milliseconds. */
const patience = 60_000

/** The close code that stands for none: the connection was cut. */
const cut = 1006

type OnMessage = (buffer: Buffer, from: number, to: number) => void

const upgrade = (url: URL, path: string) =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: ${url.host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "\r\n"
  ].join("\r\n")

export class RawSocket {
  /** Takes what comes in, until it is set: for those who {@link expect} it. */
  onMessage: OnMessage
  /** All messages until now. */
  received = 0
  /** With what the server closed it; undefined while it is open. */
  closeCode: number | undefined
  readonly #socket: Socket
  readonly #waiting = new Set<(payload: Buffer) => void>()
  /** What came in before anyone expected anything: some servers speak first. */
  #early: Array<Buffer> | undefined = []

  private constructor(url: URL, path: string, opened: (socket: RawSocket) => void) {
    this.onMessage = (buffer, from, to) => this.tell(buffer, from, to)
    let head = ""
    const reader = new FrameReader((opcode, buffer, from, to) =>
      this.#take(opcode, buffer, from, to)
    )
    const callback = (length: number) => {
      if (head.endsWith("\r\n\r\n")) {
        reader.read(shared, length)
        return true
      }
      const text = shared.toString("latin1", 0, length)
      const end = text.indexOf("\r\n\r\n")
      head += end === -1 ? text : text.slice(0, end + 4)
      if (end === -1) return true
      if (!head.startsWith("HTTP/1.1 101")) throw new Error(`no upgrade but ${head}`)
      opened(this)
      reader.read(shared.subarray(end + 4), length - end - 4)
      return true
    }
    this.#socket = connect({
      host: url.hostname,
      port: Number(url.port),
      noDelay: true,
      onread: { buffer: shared, callback }
    })
    let failure = ""
    this.#socket.on("error", ({ message }) => (failure = message))
    this.#socket.once("close", () => {
      this.closeCode ??= cut
      if (head === "") throw new Error(`no connection: ${failure}`)
    })
    this.#socket.write(upgrade(url, path))
  }

  static open(url: string, path: string): Promise<RawSocket> {
    return new Promise((resolve) => new RawSocket(new URL(url), path, resolve))
  }

  #take(opcode: number, buffer: Buffer, from: number, to: number): void {
    switch (opcode) {
      case Opcode.text:
      case Opcode.binary:
        this.received += 1
        return this.onMessage(buffer, from, to)
      case Opcode.ping:
        return this.write(toFrame(Buffer.from(buffer.subarray(from, to)), Opcode.pong))
      case Opcode.close:
        this.closeCode ??= to - from < 2 ? 1005 : buffer.readUInt16BE(from)
        this.#socket.end(toFrame(Buffer.alloc(0), Opcode.close))
    }
  }

  /** Gives a message to those who expect one. */
  tell(buffer: Buffer, from: number, to: number): void {
    if (this.#waiting.size === 0 && this.#early === undefined) return
    const payload = Buffer.from(buffer.subarray(from, to))
    this.#early?.push(payload)
    for (const waiting of this.#waiting) waiting(payload)
  }

  /** The next message that is it. */
  expect(isIt: (payload: Buffer) => boolean): Promise<Buffer> {
    const early = this.#early?.find(isIt)
    this.#early = undefined
    if (early !== undefined) return Promise.resolve(early)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("in vain: an answer")), patience)
      const waiting = (payload: Buffer) => {
        if (!isIt(payload)) return
        this.#waiting.delete(waiting)
        clearTimeout(timer)
        resolve(payload)
      }
      this.#waiting.add(waiting)
    })
  }

  write(frame: Uint8Array): void {
    this.#socket.write(frame)
  }

  /** Stops reading. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }
}
