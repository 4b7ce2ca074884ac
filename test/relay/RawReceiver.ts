/** A receiver that takes bytes as they come, and stops reading when it is told to. */
import { connect as connectNet } from "node:net"
import * as Effect from "effect/Effect"
import { encodeRequest } from "../../src/bifur/JsonRpc.ts"
import { textsOf } from "./FakeSocket.ts"
import { clientFrame, opcode, upgradeHead } from "./RawSocket.ts"

/** A request, as a client sends it. */
export const requestFrame = (...request: Parameters<typeof encodeRequest>): Buffer =>
  clientFrame(opcode.text, encodeRequest(...request))

/** The length of the frames that have come in whole. */
const wholeLength = (bytes: Buffer): number => {
  let at = 0
  while (at + 2 <= bytes.length) {
    const short = (bytes[at + 1] ?? 0) & 0x7f
    const size = short === 127 ? 10 : short === 126 ? 4 : 2
    if (at + size > bytes.length) break
    const length =
      short === 127
        ? Number(bytes.readBigUInt64BE(at + 2))
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : short
    if (at + size + length > bytes.length) break
    at += size + length
  }
  return at
}

/**
 * Joins as a user. `onTexts`, where given, is told of each text, and else the bytes are kept.
 *
 * What the relay sends besides texts it answers to no more than a reader that is not there.
 */
export const joinRaw = Effect.fnUntraced(function* (
  url: string,
  user: string,
  onTexts?: (texts: ReadonlyArray<string>) => void
) {
  let bytes = Buffer.alloc(0)
  let received = 0
  const listeners = new Set<() => void>()
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => connectNet(Number(new URL(url).port), "127.0.0.1")),
    (socket) => Effect.sync(() => socket.destroy())
  )
  socket.on("error", () => undefined)
  socket.on("data", (data) => {
    received += data.length
    bytes = Buffer.concat([bytes, data])
    if (onTexts !== undefined && isJoined) {
      const length = wholeLength(bytes)
      onTexts(textsOf(bytes.subarray(0, length)))
      bytes = bytes.subarray(length)
    }
    for (const listener of Array.from(listeners)) listener()
  })
  let isJoined = false
  const until = (isTrue: () => boolean) =>
    Effect.callback<void>((resume) => {
      const check = (): void => {
        if (!isTrue()) return
        listeners.delete(check)
        resume(Effect.void)
      }
      listeners.add(check)
      check()
    })
  socket.write(upgradeHead())
  yield* until(() => bytes.includes("\r\n\r\n"))
  bytes = bytes.subarray(bytes.indexOf("\r\n\r\n") + 4)
  socket.write(requestFrame("1", "authorization", { authorization: `Bearer ${user}` }))
  socket.write(requestFrame("2", "presence_subscribe", {}))
  yield* until(() => textsOf(bytes.subarray(0, wholeLength(bytes))).length >= 2)
  const [, reply] = textsOf(bytes)
  // From here on all that comes is what everyone gets.
  bytes = bytes.subarray(wholeLength(bytes))
  isJoined = true
  return {
    socket,
    reply,
    bytes: () => bytes,
    received: () => received,
    /** Waits until what it has read fits; looks whenever something comes. */
    until
  }
})
