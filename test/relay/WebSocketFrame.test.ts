import { createHash } from "node:crypto"
import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as NodeWS from "@effect/platform-node/NodeWS"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { textFrame } from "../../src/relay/WebSocketFrame.ts"

/** RFC 6455, 1.3 */
const acceptOf = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")

/** What a WebSocket of the `ws` package, which is strict, makes of bytes of a server. */
const received = (bytes: Uint8Array, count: number) =>
  Effect.callback<ReadonlyArray<string>>((resume) => {
    const server = createServer().on("upgrade", ({ headers }, socket) => {
      const accept = acceptOf(headers["sec-websocket-key"] ?? "")
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
      )
      socket.write(bytes)
      socket.on("error", () => undefined)
      socket.on("end", () => socket.end()).resume()
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" ? address?.port : undefined
      const webSocket = new NodeWS.WebSocket(`ws://127.0.0.1:${port}`)
      const texts: Array<string> = []
      const finish = (result: Effect.Effect<ReadonlyArray<string>>): void => {
        webSocket.terminate()
        server.close(() => resume(result))
      }
      webSocket.on("error", (error) => finish(Effect.die(error)))
      webSocket.on("message", (data, isBinary) => {
        texts.push(isBinary ? "binary" : String(data))
        if (texts.length === count) finish(Effect.succeed(texts))
      })
    })
  })

/** The text of a frame, read by the letter of RFC 6455, 5.2. */
const decode = (frame: Buffer): string => {
  assert.strictEqual(frame[0], 0x81, "final, no reserved bit, text")
  const short = frame[1] ?? 0
  if (short <= 125) {
    assert.strictEqual(frame.length, 2 + short)
    return frame.toString("utf8", 2)
  }
  if (short === 126) {
    const length = frame.readUInt16BE(2)
    assert.isAbove(length, 125, "the shortest form")
    assert.strictEqual(frame.length, 4 + length)
    return frame.toString("utf8", 4)
  }
  assert.strictEqual(short, 127, "not masked")
  const length = Number(frame.readBigUInt64BE(2))
  assert.isAbove(length, 0xffff, "the shortest form")
  assert.strictEqual(frame.length, 10 + length)
  return frame.toString("utf8", 10)
}

/** As UTF-8 has it: it knows no halves of characters. */
const wellFormed = (text: string): string =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text))

const lengths = [0, 1, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537, 1_000_000]
/** One byte, two, three and four a character. */
const letters = ["x", "é", "♥", "😀"]

/** Texts of exactly these many bytes. */
const texts = letters.flatMap((letter) => {
  const size = Buffer.byteLength(letter)
  return lengths.map(
    (length) => letter.repeat(Math.floor(length / size)) + "x".repeat(length % size)
  )
})

describe("a text frame", () => {
  it("[S8] is of the shortest form for every length and width of characters", () => {
    for (const text of texts) assert.strictEqual(decode(textFrame(text)), text)
  })

  it.live("[S8] is what other WebSockets read, one behind the other in one write", () =>
    Effect.gen(function* () {
      const bytes = Buffer.concat(texts.map(textFrame))
      assert.deepEqual(yield* received(bytes, texts.length), texts)
    })
  )

  it.prop("[S8] holds any text", { text: Schema.String }, ({ text }) => {
    assert.strictEqual(decode(textFrame(text)), wellFormed(text))
  })

  it.prop(
    "[S8] holds any text around the lengths at which its form changes",
    {
      text: Schema.String,
      length: Schema.Literals([125, 126, 65_535, 65_536]),
      off: Schema.Int.check(Schema.isBetween({ minimum: -4, maximum: 4 }))
    },
    ({ length, off, text }) => {
      const padding = Math.max(0, length + off - Buffer.byteLength(text))
      const padded = text + "x".repeat(padding)
      assert.strictEqual(decode(textFrame(padded)), wellFormed(padded))
    }
  )

  it("[S6] holds halves of characters as UTF-8 replaces them: a strict reader would end the connection", () => {
    assert.strictEqual(decode(textFrame("\ud83d")), "\ufffd")
    assert.strictEqual(decode(textFrame(`${"x".repeat(123)}\ude00`)), `${"x".repeat(123)}\ufffd`)
  })
})
