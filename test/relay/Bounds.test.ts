/** One beyond each bound: a refusal that says so, a count of it, and nothing for anyone else. */
import { assert, describe } from "@effect/vitest"
import type * as NodeWS from "@effect/platform-node/NodeWS"
import * as Effect from "effect/Effect"
import { encodeRequest } from "../../src/bifur/JsonRpc.ts"
import {
  clientFrame,
  eventually,
  opcode,
  openRaw,
  openSockets,
  type RawSocket,
  upgradeHead
} from "./RawSocket.ts"
import { connect, gone, join, state } from "./RelayClient.ts"
import { relay } from "./relayTest.ts"
import { ask, connections, couple, type Headers, other, path, refusals } from "./visitor.ts"

const behind = (...addresses: ReadonlyArray<string>): Headers => ({
  "x-forwarded-for": addresses.join(", ")
})

/** Sent right behind the request for a WebSocket. */
const authorization = clientFrame(
  opcode.text,
  encodeRequest("1", "authorization", { authorization: "Bearer p-guest" })
)

const leave = (webSocket: NodeWS.WebSocket) =>
  Effect.callback<void>((resume) => {
    webSocket.on("close", () => resume(Effect.void))
    webSocket.close()
  })

describe("connections", () => {
  relay(
    "[S10] in all are bounded: one more is told 503, and let in once another has left",
    (url) =>
      Effect.gen(function* () {
        const goOn = yield* couple(url)
        const third = yield* ask(url)
        const { body, status } = yield* ask(url, {}, other)
        assert.strictEqual(status, 503)
        assert.containSubset(body, { statusCode: 503, error: "Service Unavailable" })
        assert.include(JSON.stringify(body), "try again later")
        assert.strictEqual(yield* refusals(url, "connections"), 1)
        yield* goOn
        yield* leave(third.webSocket)
        assert.strictEqual((yield* ask(url, {}, other)).status, 101)
        assert.strictEqual(yield* refusals(url, "connections"), 1)
      }),
    { maxConnections: 3 }
  )

  relay(
    "[S10] of an address are bounded: one more is told 429, others are let in",
    (url) =>
      Effect.gen(function* () {
        const goOn = yield* couple(url)
        const first = yield* ask(url, behind("203.0.113.7"))
        assert.strictEqual((yield* ask(url, behind("203.0.113.7:4711"), other)).status, 101)
        const { body, status } = yield* ask(url, behind("203.0.113.7"))
        assert.strictEqual(status, 429)
        assert.containSubset(body, { statusCode: 429, error: "Too Many Requests" })
        assert.strictEqual(yield* refusals(url, "address"), 1)
        // What is in front of the last entry, anyone could have written.
        const spoofed = behind("198.51.100.1", "203.0.113.7")
        assert.strictEqual((yield* ask(url, spoofed)).status, 429)
        assert.strictEqual((yield* ask(url, behind("203.0.113.7", "198.51.100.1"))).status, 101)
        yield* goOn
        yield* leave(first.webSocket)
        assert.strictEqual((yield* ask(url, behind("203.0.113.7"))).status, 101)
      }),
    { maxConnectionsPerAddress: 2, trustedProxies: 1 }
  )

  relay(
    "[S10] of an IPv6 network are bounded, whichever of its addresses they use",
    (url) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* ask(url, behind("2001:db8::1"))).status, 101)
        assert.strictEqual((yield* ask(url, behind("[2001:db8::2]:99"))).status, 101)
        assert.strictEqual((yield* ask(url, behind("2001:db8:0:0:f::3"))).status, 429)
        assert.strictEqual((yield* ask(url, behind("2001:db8:0:1::1"))).status, 101)
      }),
    { maxConnectionsPerAddress: 2, trustedProxies: 1 }
  )

  relay(
    "of this machine are no address's, nor are those of a header that is not trusted",
    (url) =>
      Effect.gen(function* () {
        for (let n = 0; n < 3; n++) {
          assert.strictEqual((yield* ask(url, behind("203.0.113.7"))).status, 101)
        }
      }),
    { maxConnectionsPerAddress: 1 }
  )

  relay(
    "[S10] in a room are bounded: one more is closed with 1013 and a reason",
    (url) =>
      Effect.gen(function* () {
        const goOn = yield* couple(url)
        const guest = yield* join(url, "p-guest")
        // Who has shown no token takes nobody's place.
        yield* ask(url)
        const late = yield* connect(url)
        yield* Effect.forkChild(late.authorize("p-late"))
        assert.deepEqual(yield* late.closed, { code: 1013, reason: "the room is full" })
        assert.strictEqual(yield* refusals(url, "room"), 1)
        yield* join(url, "p-guest", other)
        yield* goOn
        yield* leave(guest.socket)
        const again = yield* join(url, "p-eve")
        assert.isUndefined((yield* again.announce("e")).error)
      }),
    { maxConnectionsPerRoom: 3 }
  )

  relay(
    "[S10] of a user are bounded in all rooms: one more is closed with 1013, others are let in",
    (url) =>
      Effect.gen(function* () {
        const full = {
          code: 1013,
          reason: "this user has as many connections as the relay takes"
        }
        const goOn = yield* couple(url)
        const turnAway = Effect.fnUntraced(function* (at: string) {
          const late = yield* connect(url, at)
          yield* Effect.forkChild(late.authorize("p-tool"))
          assert.deepEqual(yield* late.closed, full)
        })
        const first = yield* join(url, "p-tool")
        const second = yield* join(url, "p-tool", other)
        yield* turnAway(path)
        yield* turnAway("/v1/socket/canvases/one-more")
        assert.strictEqual(yield* refusals(url, "user"), 2)
        // The same user again is no other connection.
        assert.isUndefined((yield* second.authorize("p-tool")).error)
        yield* goOn
        yield* leave(first.socket)
        yield* join(url, "p-tool")
        yield* turnAway(path)
      }),
    { maxConnectionsPerUser: 2 }
  )

  relay(
    "[S10] are those of the user whose they are now, if they were another's before",
    (url) =>
      Effect.gen(function* () {
        const ada = yield* join(url, "p-ada")
        const tool = yield* join(url, "p-tool")
        // With no place as another user it is closed, and leaves a place of its own.
        yield* Effect.forkChild(ada.authorize("p-tool"))
        assert.strictEqual((yield* ada.closed).code, 1013)
        const next = yield* join(url, "p-ada")
        assert.isUndefined((yield* tool.authorize("p-eve")).error)
        assert.isUndefined((yield* next.authorize("p-tool")).error)
        const again = yield* join(url, "p-ada")
        assert.isUndefined((yield* again.announce("s")).error)
        yield* leave(next.socket)
        yield* leave(tool.socket)
        for (const user of ["p-tool", "p-eve"]) {
          assert.isUndefined((yield* (yield* join(url, user)).announce("s")).error)
        }
        assert.strictEqual(yield* refusals(url, "user"), 1)
      }),
    { maxConnectionsPerUser: 1 }
  )

  relay(
    "[S10] that are turned away from a full room are gone, though the other side stays",
    (url) =>
      Effect.gen(function* () {
        yield* join(url, "p-ada")
        const before = openSockets()
        const raws = yield* Effect.forEach(Array.from({ length: 20 }), () =>
          openRaw(url, Buffer.concat([Buffer.from(upgradeHead()), authorization]))
        )
        for (const raw of raws) yield* raw.over
        yield* eventually("only our ends", () => openSockets() <= before + raws.length)
      }),
    { maxConnectionsPerRoom: 1 }
  )
})

describe("rooms", () => {
  relay(
    "[S10] are bounded: who asks for one more is closed with 1013, the open ones stay open",
    (url) =>
      Effect.gen(function* () {
        const goOn = yield* couple(url)
        const inOther = yield* join(url, "p-guest", other)
        const late = yield* connect(url, "/v1/socket/canvases/one-more")
        yield* Effect.forkChild(late.authorize("p-late"))
        assert.deepEqual(yield* late.closed, {
          code: 1013,
          reason: "the relay has as many rooms as it takes"
        })
        assert.strictEqual(yield* refusals(url, "rooms"), 1)
        yield* join(url, "p-guest")
        yield* goOn
        yield* leave(inOther.socket)
        const again = yield* join(url, "p-eve", "/v1/socket/canvases/one-more")
        assert.isUndefined((yield* again.announce("e")).error)
      }),
    { maxRooms: 2 }
  )
})

describe("sessions", () => {
  relay(
    "[S10] of a connection are bounded: one more is refused, and taken once another has ended",
    (url) =>
      Effect.gen(function* () {
        const goOn = yield* couple(url, other)
        const tool = yield* join(url, "p-tool")
        for (const session of ["1", "2"]) {
          assert.isUndefined((yield* tool.announce(session)).error)
        }
        const { error } = yield* tool.announce("3")
        assert.strictEqual(error?.code, -32_000)
        assert.include(error?.message, "has 2 sessions")
        assert.strictEqual(yield* refusals(url, "sessions-per-connection"), 1)
        // Those that it has go on, and another connection of the user has a bound of its own.
        assert.isUndefined((yield* tool.announce("2", ["moved"])).error)
        const second = yield* join(url, "p-tool")
        assert.isUndefined((yield* second.announce("4")).error)
        yield* tool.disconnect("1")
        assert.isUndefined((yield* tool.announce("3")).error)
        assert.strictEqual((yield* tool.announce("1")).error?.code, -32_000)
        yield* second.rest
        yield* second.rollCall("w")
        const present = (yield* second.rest).filter(({ type }) => type === "state")
        assert.lengthOf(present, 3)
        yield* goOn
      }),
    { maxSessionsPerConnection: 2 }
  )

  relay(
    "[S10] of a user are bounded over all of its connections, and no other user's count",
    (url) =>
      Effect.gen(function* () {
        const one = yield* join(url, "p-tool")
        const two = yield* join(url, "p-tool")
        yield* one.announce("1")
        yield* one.announce("2")
        yield* two.announce("3")
        const { error } = yield* two.announce("4")
        assert.strictEqual(error?.code, -32_000)
        assert.include(error?.message, "user has 3 sessions")
        assert.strictEqual(yield* refusals(url, "sessions-per-user"), 1)
        const bob = yield* join(url, "p-bob")
        assert.isUndefined((yield* bob.announce("1")).error)
        // In another room it has others.
        const elsewhere = yield* join(url, "p-tool", other)
        assert.isUndefined((yield* elsewhere.announce("4")).error)
        one.socket.terminate()
        assert.deepInclude([yield* bob.next, yield* bob.next], gone("p-tool", "1"))
        yield* bob.next
        assert.isUndefined((yield* two.announce("4")).error)
      }),
    { maxSessionsPerUser: 3 }
  )
})

describe("what sessions hold", () => {
  /** So many bytes and a little more for the session itself. */
  const kilobytes = (count: number) => ["x".repeat(count * 1_024)]

  relay(
    "[S10] of a user is bounded in all rooms: what would be beyond it is refused, all else goes on",
    (url) =>
      Effect.gen(function* () {
        const goOn = yield* couple(url, "/v1/socket/canvases/quiet")
        const here = yield* join(url, "p-tool")
        const there = yield* join(url, "p-tool", other)
        assert.isUndefined((yield* here.announce("1", kilobytes(22))).error)
        assert.isUndefined((yield* there.announce("1", kilobytes(22))).error)
        const refused = [
          yield* there.announce("2", kilobytes(22)),
          yield* here.announce("1", kilobytes(45))
        ]
        for (const { error } of refused) {
          assert.strictEqual(error?.code, -32_000)
          assert.include(error?.message, "65536 bytes")
        }
        assert.strictEqual(yield* refusals(url, "bytes-per-user"), 2)
        // Often is not much: each takes the place of the one before.
        for (let n = 0; n < 20; n++) {
          assert.isUndefined((yield* here.announce("1", kilobytes(19))).error)
        }
        const bob = yield* join(url, "p-bob", other)
        assert.isUndefined((yield* bob.announce("1", kilobytes(40))).error)
        yield* goOn
      }),
    { maxBytesPerUser: 64 * 1_024 }
  )

  type Client = Effect.Success<ReturnType<typeof join>>
  const end = {
    "a goodbye": (client: Client) => client.disconnect("1"),
    "a smaller announce": (client: Client) => client.announce("1"),
    "the end of a connection": (client: Client) => leave(client.socket)
  }
  for (const [what, make] of Object.entries(end)) {
    relay(
      `[S10] is given back by ${what}`,
      (url) =>
        Effect.gen(function* () {
          const first = yield* join(url, "p-tool")
          const second = yield* join(url, "p-tool", other)
          assert.isUndefined((yield* first.announce("1", kilobytes(40))).error)
          assert.strictEqual((yield* second.announce("2", kilobytes(40))).error?.code, -32_000)
          yield* make(first)
          yield* Effect.repeat(
            Effect.map(second.announce("2", kilobytes(40)), ({ error }) => error),
            { until: (error) => error === undefined }
          )
        }),
      { maxBytesPerUser: 64 * 1_024 }
    )
  }
})

describe("frames", () => {
  relay(
    "[S10] that would grow beyond their bound when they are published are refused",
    (url) =>
      Effect.gen(function* () {
        const ada = yield* join(url, "p-ada")
        const bob = yield* join(url, "p-bob")
        const announce = (count: number) => {
          const locations = Array.from({ length: count }, () => "1e20").join()
          return ada.callRaw(
            `"presence_announce","params":{"data":{"sessionId":"s","locations":[${locations}]}}`
          )
        }
        assert.deepEqual(yield* announce(40), { result: { ok: true } })
        const { error } = yield* announce(180)
        assert.include(error?.message, "1024 bytes")
        assert.strictEqual(yield* refusals(url, "frame-size"), 1)
        assert.deepEqual(yield* bob.rest, [
          state(
            "p-ada",
            "s",
            Array.from({ length: 40 }, () => 1e20)
          )
        ])
      }),
    { maxFrameSize: 1_024 }
  )

  const maxFrameSize = 1_000
  const options = { maxFrameSize, heartbeatInterval: "1 hour" } as const

  relay(
    "[S10] of the largest size are read, of one byte more close with 1009 and are counted",
    (url) =>
      Effect.gen(function* () {
        const goOn = yield* couple(url)
        const exact = yield* join(url, "p-exact")
        exact.send("x".repeat(maxFrameSize))
        assert.strictEqual((yield* exact.stray).code, -32_700)
        assert.strictEqual(yield* refusals(url, "frame-size"), 0)
        exact.send("x".repeat(maxFrameSize + 1))
        assert.strictEqual((yield* exact.closed).code, 1009)
        assert.strictEqual(yield* refusals(url, "frame-size"), 1)
        yield* goOn
      }),
    options
  )

  relay(
    "[S10] that only claim to be too large, or add up to it, close with 1009, and nothing is awaited",
    (url) =>
      Effect.gen(function* () {
        const claims = [
          [clientFrame(opcode.text, "x", { length: maxFrameSize + 1 })],
          [clientFrame(opcode.text, "x", { length: Number.MAX_SAFE_INTEGER })],
          [
            clientFrame(opcode.text, "x".repeat(maxFrameSize), { isFinal: false }),
            clientFrame(opcode.continuation, "x")
          ]
        ]
        for (const [index, frames] of claims.entries()) {
          const raw = yield* openRaw(url, upgradeHead())
          yield* raw.upgraded
          for (const frame of frames) raw.socket.write(frame)
          yield* raw.over
          assert.deepEqual([...raw.bytes.subarray(-4)], [0x88, 2, 1009 >> 8, 1009 & 0xff])
          assert.strictEqual(yield* refusals(url, "frame-size"), index + 1)
        }
      }),
    options
  )

  relay("[S10] in thousands of pieces close their connection, for each piece costs memory", (url) =>
    Effect.gen(function* () {
      const goOn = yield* couple(url)
      const raw = yield* openRaw(url, upgradeHead())
      yield* raw.upgraded
      raw.socket.write(clientFrame(opcode.text, "x", { isFinal: false }))
      const piece = clientFrame(opcode.continuation, "x", { isFinal: false })
      raw.socket.write(Buffer.concat(Array.from({ length: 2_000 }, () => piece)))
      yield* raw.over
      assert.deepEqual([...raw.bytes.subarray(-4)], [0x88, 2, 1008 >> 8, 1008 & 0xff])
      assert.strictEqual(yield* refusals(url, "frame-size"), 1)
      yield* goOn
    })
  )

  relay("in a few pieces are one", (url) =>
    Effect.gen(function* () {
      const raw = yield* openRaw(url, upgradeHead())
      yield* raw.upgraded
      const text =
        '{"jsonrpc":"2.0","id":"1","method":"authorization","params":{"authorization":"Bearer p-ada"}}'
      raw.socket.write(clientFrame(opcode.text, text.slice(0, 1), { isFinal: false }))
      for (const letter of text.slice(1, 60)) {
        raw.socket.write(clientFrame(opcode.continuation, letter, { isFinal: false }))
      }
      raw.socket.write(clientFrame(opcode.continuation, text.slice(60)))
      yield* raw.until((now) => now.text.includes('"ok":true'))
    })
  )
})

describe("a connection that ends the wrong way", () => {
  const sessionGone = (name: string, end: (raw: RawSocket) => unknown) =>
    relay(`[S4] ${name} ends its session at once, not when it is found dead`, (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const raw = yield* openRaw(url, upgradeHead())
        yield* raw.upgraded
        const send = (method: string, params: string) =>
          raw.socket.write(
            clientFrame(opcode.text, `{"jsonrpc":"2.0","method":"${method}","params":${params}}`)
          )
        send("authorization", '{"authorization":"Bearer p-ada"}')
        send("presence_announce", '{"data":{"sessionId":"s","locations":[]}}')
        assert.deepEqual(yield* watcher.next, state("p-ada", "s"))
        const start = performance.now()
        end(raw)
        assert.deepEqual(yield* watcher.next, gone("p-ada", "s"))
        assert.isBelow(performance.now() - start, 2_000)
        yield* connections(url, 1)
      })
    )

  sessionGone("by a close frame, without closing the socket,", ({ socket }) =>
    socket.write(clientFrame(opcode.close, Buffer.from([0x03, 0xe8])))
  )
  sessionGone("by a frame that breaks the protocol, without closing the socket,", ({ socket }) =>
    socket.write(clientFrame(opcode.text, "x", { reserved: 0x40 }))
  )
  sessionGone("by half closing the socket", ({ socket }) => socket.end())
  sessionGone("by half closing it within a frame", ({ socket }) => {
    socket.write(clientFrame(opcode.text, "half of", { length: 100 }))
    socket.end()
  })
  sessionGone("by a reset", ({ socket }) => socket.resetAndDestroy())
})
