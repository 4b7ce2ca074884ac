import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { Allowances } from "../../src/relay/Allowances.ts"
import { makeMember } from "../../src/relay/Member.ts"
import { OpenRoom } from "../../src/relay/OpenRoom.ts"
import { Places } from "../../src/relay/Places.ts"
import { resolveOptions } from "../../src/relay/RelayOptions.ts"
import { Tally } from "../../src/relay/Tally.ts"
import { UserId } from "../../src/Session.ts"
import { fakeConnection } from "./FakeSocket.ts"
import { encodeRequest } from "../../src/bifur/JsonRpc.ts"
import { join, type Reply } from "./RelayClient.ts"
import { authorizing } from "./authorizing.ts"
import { relay } from "./relayTest.ts"
import { ask, couple, metric, other } from "./visitor.ts"

/** A thousand a second, two hundred of them at once, nobody for longer than three seconds. */
const makeAllowances = () => new Allowances({ perSecond: 1_000, atOnce: 200, longestWait: 3_000 })

describe("an allowance", () => {
  it("[S13] is spent at once, and after that as it comes in", () => {
    const allowances = makeAllowances()
    assert.strictEqual(allowances.spend("ada", 100, 0), 0)
    assert.strictEqual(allowances.spend("ada", 100, 0), 0)
    assert.strictEqual(allowances.spend("ada", 50, 0), 50)
    assert.strictEqual(allowances.spend("ada", 50, 50), 50)
    assert.strictEqual(allowances.spend("ada", 50, 150), 0)
  })

  it("is one's own, and never more than what may be spent at once", () => {
    const allowances = makeAllowances()
    assert.strictEqual(allowances.spend("ada", 300, 0), 100)
    assert.strictEqual(allowances.spend("bob", 200, 0), 0)
    assert.strictEqual(allowances.spend("ada", 201, 1e9), 1)
  })

  it("keeps those who share it waiting one after another", () => {
    const allowances = makeAllowances()
    allowances.spend("ada", 200, 0)
    const waits = Array.from({ length: 4 }, () => allowances.spend("ada", 64, 0))
    assert.deepStrictEqual(waits, [64, 128, 192, 256])
  })

  it("[S11] keeps nobody waiting for longer than a dead socket may go unnoticed", () => {
    const allowances = makeAllowances()
    assert.strictEqual(allowances.spend("ada", 1e9, 0), 3_000)
    assert.strictEqual(allowances.spend("ada", 1e9, 1_000), 3_000)
    assert.strictEqual(allowances.spend("ada", 0, 4_000), 0)
  })

  it("[S13] without an end keeps nobody waiting, and nothing in memory", () => {
    // As the relay makes one of `maxRequestsPerSecond`.
    for (const most of [Infinity, Number.MAX_VALUE]) {
      const perSecond = most * 8 * 1_024
      const allowances = new Allowances({ perSecond, atOnce: perSecond, longestWait: 3_000 })
      assert.strictEqual(allowances.spend("ada", 1e9, 0), 0)
      assert.strictEqual(allowances.spend("ada", 1e9, 1), 0)
      allowances.prune(1)
      assert.strictEqual(allowances.size, 0)
    }
  })

  it("that is whole again takes no memory", () => {
    const allowances = makeAllowances()
    allowances.spend("ada", 200, 0)
    allowances.spend("bob", 100, 0)
    allowances.prune(100)
    assert.strictEqual(allowances.size, 1)
    assert.strictEqual(allowances.spend("ada", 101, 100), 1)
    allowances.prune(301)
    assert.strictEqual(allowances.size, 0)
  })
})

describe("a connection that is not read for a while", () => {
  it.live(
    "is read again when that is over and its token has been decided, whichever is first",
    () =>
      Effect.gen(function* () {
        const { connection } = fakeConnection()
        connection.pauseFor(20)
        connection.pause()
        connection.resume()
        assert.isTrue(connection.isPaused)
        while (connection.isPaused) yield* Effect.sleep(5)
        connection.pauseFor(5)
        connection.pause()
        yield* Effect.sleep(50)
        assert.isTrue(connection.isPaused)
        connection.resume()
        assert.isFalse(connection.isPaused)
      })
  )

  it("[S13] is read again once it is a user's, for strangers of its network pay by themselves", () => {
    const { connection, counts } = fakeConnection()
    const settings = resolveOptions({})
    const services = {
      settings,
      counts,
      held: new Tally(),
      share: () => undefined,
      onEmpty: () => undefined
    }
    const rooms = {
      size: 0,
      has: () => false,
      population: () => 0,
      enter: () => new OpenRoom(services)
    }
    const places = new Places({ settings, rooms, counts })
    const room = { _tag: "Dataset", project: "demo", dataset: "production" } as const
    const member = makeMember(connection, room, "203.0.113.7")
    const ada = { id: UserId.make("p-ada"), displayName: "Ada" }
    connection.pauseFor(60_000)
    places.enter(member, ada, Redacted.make("p-ada"))
    assert.isFalse(connection.isPaused)
    // What a user has to pay for is not forgiven when its token is checked again.
    connection.pauseFor(60_000)
    places.enter(member, ada, Redacted.make("p-ada"))
    assert.isTrue(connection.isPaused)
    connection.close(1000, "")
  })

  it("is read again when it is closed: the other side's answer is to be seen", () => {
    const { connection } = fakeConnection()
    connection.pause()
    connection.pauseFor(60_000)
    connection.close(1013, "later")
    assert.isFalse(connection.isPaused)
  })
})

/** About the largest frame that is read, of as many values as fit into it. */
const locations = Array.from({ length: 80_000 }, (): ReadonlyArray<never> => [])
const frameSize = JSON.stringify(locations).length

/** The pace of the relay under test, and how many connections one user sends how much on. */
const maxRequestsPerSecond = 100
const crowd = 8
const each = 3

/** Bytes that may have been read of one user after a time, and what came in the same reads. */
const most = (seconds: number) =>
  maxRequestsPerSecond * 1_024 * (2 + 8 * seconds) + crowd * 64 * 1_024

const pauses = (url: string, reason: string) => metric(url, "pauses_total", `reason="${reason}"`)

describe("a user who sends much on several connections", () => {
  relay(
    "[S13] is read as fast as its allowance, refused nothing and told so; others go on",
    (url) =>
      Effect.gen(function* () {
        const goOn = yield* couple(url, other)
        const clients = yield* Effect.forEach(Array.from({ length: crowd }), () =>
          join(url, "p-eve")
        )
        const received = Effect.promise(() => metric(url, "frames_received_total"))
        const before = yield* received
        const start = performance.now()
        const replies: Array<Fiber.Fiber<Reply>> = []
        for (let n = 0; n < each; n++) {
          for (const client of clients) {
            const announce = client.announce("s", locations)
            replies.push(yield* Effect.forkChild(announce, { startImmediately: true }))
          }
        }
        let rounds = 0
        const honest = Effect.gen(function* () {
          yield* goOn
          rounds++
          const read = (yield* received) - before - rounds
          const seconds = (performance.now() - start) / 1_000
          assert.isAtMost((read - 1) * frameSize, most(seconds))
        })
        yield* Effect.forever(honest).pipe(
          Effect.raceFirst(Effect.forEach(replies, (reply) => Fiber.join(reply)))
        )
        for (const reply of replies) assert.isUndefined((yield* Fiber.join(reply)).error)
        assert.isAbove(rounds, 3)
        assert.isAbove(yield* Effect.promise(() => pauses(url, "bytes")), 0)
        console.log(`${rounds} rounds of others while ${replies.length} large frames came in`)
      }),
    { maxRequestsPerSecond }
  )
})

describe("a relay that takes as many requests as come", () => {
  relay(
    "[S13] pauses nobody",
    (url) =>
      Effect.gen(function* () {
        const client = yield* join(url, "p-ada")
        for (let n = 0; n < 20; n++) assert.isUndefined((yield* client.announce("s", [n])).error)
        assert.strictEqual(yield* Effect.promise(() => pauses(url, "requests")), 0)
        assert.strictEqual(yield* Effect.promise(() => pauses(url, "bytes")), 0)
      }),
    { maxRequestsPerSecond: Infinity }
  )
})

describe("connections of an address that show no token", () => {
  const from = { "x-forwarded-for": "203.0.113.7" }
  const large = encodeRequest("1", "presence_announce", { data: { sessionId: "s", locations } })
  /** A connection that sends texts one by one, and how many answers it has. */
  const visit = Effect.fnUntraced(function* (url: string) {
    const { webSocket } = yield* ask(url, from)
    const answers: Array<string> = []
    webSocket.on("message", (data) => answers.push(String(data)))
    const say = (method: string, params = {}) =>
      Effect.callback<string>((resume) => {
        webSocket.once("message", (data) => resume(Effect.succeed(String(data))))
        webSocket.send(encodeRequest("1", method, params))
      })
    return { webSocket, answers, say }
  })

  authorizing(
    "[S13] are read together as fast as a user; who shows a token, and who is elsewhere, goes on",
    () => (_, user) => Effect.delay(user, 20),
    (url) =>
      Effect.gen(function* () {
        const goOn = yield* couple(url)
        const strangers = yield* Effect.forEach(Array.from({ length: crowd }), () => visit(url))
        const answered = () => strangers.reduce((sum, { answers }) => sum + answers.length, 0)
        const start = performance.now()
        for (let n = 0; n < each; n++) {
          for (const { webSocket } of strangers) webSocket.send(large)
        }
        const guest = yield* visit(url)
        const authorization = { authorization: "Bearer p-guest" }
        assert.include(yield* guest.say("authorization", authorization), '"ok":true')
        for (let n = 0; n < 5; n++) {
          assert.notInclude(yield* guest.say("presence_subscribe"), "error")
        }
        assert.isBelow(answered(), crowd * each)
        while (answered() < crowd * each) {
          yield* goOn
          const read = answered() * frameSize
          assert.isAtMost(read, most((performance.now() - start) / 1_000))
          yield* Effect.sleep(20)
        }
        for (const { answers } of strangers) {
          for (const answer of answers) assert.include(answer, "Authorize first")
        }
      }),
    { maxRequestsPerSecond, trustedProxies: 1, authorizationTimeout: "1 minute" }
  )
})
