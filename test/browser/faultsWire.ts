/** A proxy that reads along: which requests a client really sent, in which order, before the end. */
import { connect, createServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { listen } from "../support/listen.ts"

/** - `sent`: the methods of the requests that went up, and `close` for a close frame. */
export interface Wire {
  readonly url: string
  readonly sent: ReadonlyArray<string>
}

const isClose = (opcode: number) => opcode === 8

/** The frames of a client in these bytes, and the bytes after the last whole one. */
const readFrames = (bytes: Buffer, onFrame: (opcode: number, text: string) => void): Buffer => {
  let rest = bytes
  while (rest.length >= 2) {
    const short = rest.readUInt8(1) & 0x7f
    const lengthSize = short === 126 ? 2 : short === 127 ? 8 : 0
    const start = 2 + lengthSize + 4
    if (rest.length < start) break
    const length =
      lengthSize === 0 ? short : lengthSize === 2 ? rest.readUInt16BE(2) : rest.readUInt32BE(6)
    if (rest.length < start + length) break
    const mask = rest.subarray(start - 4, start)
    const payload = rest
      .subarray(start, start + length)
      .map((byte, index) => byte ^ mask.readUInt8(index % 4))
    onFrame(rest.readUInt8(0) & 0x0f, Buffer.from(payload).toString())
    rest = rest.subarray(start + length)
  }
  return rest
}

const head = "\r\n\r\n"

const read = (client: Socket, sent: Array<string>): void => {
  let pending: Buffer = Buffer.alloc(0)
  let isOpen = false
  client.on("data", (data: Buffer) => {
    pending = Buffer.concat([pending, data])
    if (!isOpen) {
      const end = pending.indexOf(head)
      // Requests that are no upgrade are none of ours.
      if (end < 0 || !/upgrade: websocket/i.test(pending.subarray(0, end).toString())) return
      isOpen = true
      pending = pending.subarray(end + head.length)
    }
    pending = readFrames(pending, (opcode, text) => {
      const method = /"method":"(\w+)"/.exec(text)?.[1]
      if (isClose(opcode)) sent.push("close")
      else if (method !== undefined) sent.push(method)
    })
  })
}

/** Reads along between clients and the server at `target`, until the scope closes. */
export const make = Effect.fnUntraced(function* (
  target: string
): Effect.fn.Return<Wire, never, Scope.Scope> {
  const { hostname, port } = new URL(target)
  const sent: Array<string> = []
  const server = createServer((client) => {
    const upstream = connect({ host: hostname, port: Number(port) })
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client]
    ] as const) {
      socket.on("error", () => other.destroy())
      socket.on("close", () => other.destroy())
      socket.pipe(other)
    }
    read(client, sent)
  })
  const { port: own } = yield* listen(server)
  return { url: `http://127.0.0.1:${own}`, sent }
})
