import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { ConnectionStatus, type PresenceConfig } from "../../src/index.ts"
import { Relay, RelayAuth } from "../../src/relay/index.ts"
import { UserId } from "../../src/Session.ts"
import { relay, relayWith } from "../relay/relayTest.ts"
import * as FaultProxy from "../support/FaultProxy.ts"
import { at, type Client, connect, now, percentile, sees, until, untilStatus } from "./client.ts"

const users = ["p-a", "p-b", "p-c", "p-d", "p-e", "p-f"]

/** A relay that can be killed and started again where it was. */
const makeRestartable = Effect.gen(function* () {
  const start = Effect.fnUntraced(function* (port: number) {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(Layer.fresh(relayWith({ port })), scope)
    const { address, url } = yield* Effect.provide(Relay.use(Effect.succeed), context)
    return { scope, port: address.port, url }
  })
  let current = yield* start(0)
  const { port, url } = current
  yield* Effect.addFinalizer(() => Scope.close(current.scope, Exit.void))
  return {
    url,
    restart: Effect.fnUntraced(function* (outage: number) {
      yield* Scope.close(current.scope, Exit.void)
      yield* Effect.sleep(outage)
      current = yield* start(port)
    })
  }
})

const allSeeAll = (clients: ReadonlyArray<Client>) =>
  Effect.map(
    Effect.forEach(clients, (client, own) =>
      sees(
        client,
        users.filter((_, index) => index !== own).map((user) => `${user}@here`)
      )
    ),
    (all) => all.every(Boolean)
  )

const enterAll = Effect.fnUntraced(function* (url: string, config = {}) {
  const clients = yield* Effect.forEach(users, (token) => connect({ url, token, config }))
  for (const client of clients) yield* client.presence.report(at("here"))
  yield* until("everybody sees everybody", allSeeAll(clients))
  return clients
})

const countChanges = (clients: ReadonlyArray<Client>) =>
  clients.map(({ changes }) => changes.filter((change) => !change.endsWith("Joined")).length)

describe("a relay that is killed and started again", () => {
  it.live("[R4] 50 times: always back, nobody lost, nobody doubled, nobody flickers", () =>
    Effect.gen(function* () {
      const server = yield* makeRestartable
      // Connections count as stable sooner than 10 s, or the test would take as long 50 times.
      // Whether the relay says that it restarts is another matter: they hurry back.
      const clients = yield* enterAll(server.url, {
        stableAfter: "100 millis",
        restartSpread: "100 millis"
      })
      const recovered: Array<number> = []
      for (let n = 0; n < 50; n++) {
        yield* server.restart((n * 37) % 200)
        recovered.push(yield* until("everybody is back", allSeeAll(clients)))
        yield* Effect.sleep(110)
      }
      assert.deepStrictEqual(countChanges(clients), [0, 0, 0, 0, 0, 0])
      for (const client of clients) assert.strictEqual(client.changes.length, 5)
      const attempts = clients.map(({ attempts }) => attempts.length)
      console.log(
        `50 restarts, 6 clients: back after p50 ${percentile(recovered, 0.5)} ms, most ${Math.max(...recovered)} ms; attempts of a client at most ${Math.max(...attempts)}; leaves and rejoins seen: 0`
      )
    }).pipe(Effect.scoped)
  )

  it.live("[C3] [R4] gone for 2 s: all back within 4 s more, with the default waits", () =>
    Effect.gen(function* () {
      const server = yield* makeRestartable
      const clients = yield* enterAll(server.url, { restartSpread: "100 millis" })
      yield* server.restart(2_000)
      const took = yield* until("everybody is back", allSeeAll(clients), 4_000)
      assert.deepStrictEqual(countChanges(clients), [0, 0, 0, 0, 0, 0])
      const attempts = clients.map(({ attempts }) => attempts.length - 1)
      console.log(
        `an outage of 2 s: back ${took} ms after its end; attempts of a client ${Math.min(...attempts)} to ${Math.max(...attempts)}; leaves seen: 0`
      )
    }).pipe(Effect.scoped)
  )
})

describe("a half-open socket", () => {
  const config: PresenceConfig.PresenceConfigInput = {
    silenceMin: "1 second",
    requestTimeout: "1 second",
    stableAfter: "1 second"
  }

  for (const direction of ["up", "down", "both"] as const) {
    relay(
      `[C4] black hole ${direction}: found out, replaced, said in words`,
      (url) =>
        Effect.gen(function* () {
          const proxy = yield* FaultProxy.make(url)
          const ada = yield* connect({ url: proxy.url, token: "p-ada", config })
          const bob = yield* connect({ url, token: "p-bob" })
          yield* ada.presence.report(at("here"))
          yield* bob.presence.report(at("there"))
          yield* until("they see each other", sees(bob, ["p-ada@here"]))
          yield* until("they see each other", sees(ada, ["p-bob@there"]))
          const start = now()
          yield* proxy.blackHole(direction)
          // What is sent goes nowhere, which is noticed even where everything else arrives.
          if (direction === "up") yield* ada.presence.report(at("lost"))
          yield* untilStatus(ada, "Reconnecting")
          const noticed = now() - start
          const status = yield* ada.status
          assert.include(ConnectionStatus.describe(status), "fell silent")
          yield* proxy.heal
          yield* untilStatus(ada, "Connected")
          yield* ada.presence.report(at("back"))
          yield* until("bob sees her again", sees(bob, ["p-ada@back"]))
          yield* until("she sees bob", sees(ada, ["p-bob@there"]))
          assert.deepStrictEqual(
            ada.changes.filter((change) => change.startsWith("p-bob")),
            ["p-bob Joined"]
          )
          console.log(
            `black hole ${direction} (silence 1 s, answer 1 s): noticed after ${noticed} ms, back after ${now() - start} ms`
          )
        }),
      { heartbeatInterval: "400 millis" }
    )
  }
})

describe("a connection that is cut", () => {
  const config: PresenceConfig.PresenceConfigInput = {
    openTimeout: "2 seconds",
    requestTimeout: "2 seconds"
  }

  /** Through the handshake, the authorization, the subscription, and within their frames. */
  const places: ReadonlyArray<FaultProxy.CutAfter> = [
    ...[0, 20, 150].map((bytes) => ({ direction: "up", bytes }) as const),
    ...[1, 60, 120].map((bytes) => ({ direction: "down", bytes }) as const),
    ...[0, 1, 5, 60, 100, 130, 180, 230, 300].map(
      (bytes) => ({ direction: "up", bytes, bytesFrom: "handshake" }) as const
    ),
    ...[0, 1, 10, 40, 70, 100, 130, 180, 250].map(
      (bytes) => ({ direction: "down", bytes, bytesFrom: "handshake" }) as const
    )
  ]

  relay("[C1] [C3] in the middle of anything recovers", (url) =>
    Effect.gen(function* () {
      const peer = yield* connect({ url, token: "p-peer" })
      yield* peer.presence.report(at("peer"))
      const took: Array<number> = []
      for (const [index, place] of places.entries()) {
        const proxy = yield* FaultProxy.make(url)
        yield* proxy.cutAfter(place)
        const user = `p-ada-${index}`
        const start = now()
        const ada = yield* connect({ url: proxy.url, token: user, config })
        yield* ada.presence.report(at("here"))
        yield* until(`seen after a cut at ${JSON.stringify(place)}`, sees(peer, [`${user}@here`]))
        yield* until("sees", sees(ada, ["p-peer@peer"]))
        took.push(now() - start)
        assert.strictEqual(ada.attempts.length, 2, `a cut at ${JSON.stringify(place)}`)
        yield* ada.close
        yield* until("gone", sees(peer, []))
      }
      console.log(
        `cut at ${places.length} places: there after p50 ${percentile(took, 0.5)} ms, most ${Math.max(...took)} ms`
      )
    })
  )

  relay("[C4] split into single bytes, merged, delayed and throttled: nothing ends", (url) =>
    Effect.gen(function* () {
      const proxy = yield* FaultProxy.make(url, { seed: 7 })
      const faults = [
        proxy.split(1),
        proxy.merge(50),
        proxy.delay({ millis: 30, jitter: 60 }),
        proxy.throttle(4_000)
      ]
      const ada = yield* connect({ url: proxy.url, token: "p-ada" })
      const bob = yield* connect({ url, token: "p-bob" })
      yield* ada.presence.report(at("start"))
      const took: Array<number> = []
      for (const [index, fault] of faults.entries()) {
        yield* fault
        const start = now()
        for (let n = 0; n < 5; n++) {
          yield* ada.presence.report(at(`f${index}-${n}`))
          yield* bob.presence.report(at(`g${index}-${n}`))
          yield* until("bob sees the move", sees(bob, [`p-ada@f${index}-${n}`]))
          yield* until("ada sees the move", sees(ada, [`p-bob@g${index}-${n}`]))
        }
        took.push(now() - start)
        yield* proxy.heal
      }
      const { down } = yield* proxy.bytes
      assert.isAbove(down, 2_000, "it all went through the proxy")
      assert.strictEqual(ada.attempts.length, 1)
      // Throttled to 4 kB/s, what was sent last took its time.
      assert.isAbove(took.at(-1) ?? 0, 50)
    })
  )

  relay("[R2] [C3] by corrupted bytes: whatever comes of them, the truth is reached again", (url) =>
    Effect.gen(function* () {
      const proxy = yield* FaultProxy.make(url, { seed: 11 })
      const ada = yield* connect({
        url: proxy.url,
        token: "p-ada",
        config: {
          ...config,
          stableAfter: "100 millis",
          sessionTtl: "5 seconds",
          announceInterval: "1 second"
        }
      })
      const bob = yield* connect({ url, token: "p-bob", config: { announceInterval: "1 second" } })
      yield* ada.presence.report(at("here"))
      yield* until("there", sees(bob, ["p-ada@here"]))
      yield* proxy.corrupt(0.5)
      for (let n = 0; n < 100; n++) {
        yield* bob.presence.report(at(`b${n}`))
        yield* Effect.sleep(20)
      }
      yield* proxy.heal
      yield* bob.presence.report(at("end"))
      const took = yield* until("the truth", sees(ada, ["p-bob@end"]))
      assert.isAbove(ada.attempts.length, 1, "bytes were corrupted, and it was noticed")
      console.log(`corrupted bytes: ${ada.attempts.length} attempts, the truth ${took} ms after`)
    })
  )
})

describe("a token", () => {
  relay(
    "[C6] refused at the start: one attempt, said in words, another one is taken at once",
    (url) =>
      Effect.gen(function* () {
        const ada = yield* connect({ url, token: "no such token!" })
        yield* untilStatus(ada, "Unauthorized")
        yield* Effect.sleep(2_000)
        assert.strictEqual(ada.attempts.length, 1)
        assert.include(ConnectionStatus.describe(yield* ada.status), "development token")
        yield* ada.setToken("p-ada")
        const took = yield* untilStatus(ada, "Connected")
        assert.strictEqual(ada.attempts.length, 2)
        console.log(`a refused token: 1 attempt in 2 s; a good one connected after ${took} ms`)
      })
  )

  relay(
    "[C6] of another user: gone under the old one, there under the new one, one socket",
    (url) =>
      Effect.gen(function* () {
        const bob = yield* connect({ url, token: "p-bob" })
        const ada = yield* connect({ url, token: "p-ada" })
        yield* ada.presence.report(at("here"))
        yield* until("there", sees(bob, ["p-ada@here"]))
        yield* ada.setToken("p-cyd")
        const took = yield* until("the other", sees(bob, ["p-cyd@here"]))
        assert.deepStrictEqual(bob.changes, [
          "p-ada Joined",
          "p-ada Left:disconnected",
          "p-cyd Joined"
        ])
        assert.strictEqual(ada.attempts.length, 1)
        console.log(`another user's token: seen after ${took} ms, on the same socket`)
      })
  )

  it.live("[C6] refreshed 100 times: one socket, nobody notices", () =>
    Effect.gen(function* () {
      const authorized: Array<string> = []
      // A token is a user and a number.
      const auth = Layer.succeed(RelayAuth, {
        timeToLive: Duration.infinity,
        authenticate: (token) =>
          Effect.sync(() => {
            authorized.push(Redacted.value(token))
            const [id = ""] = Redacted.value(token).split(":")
            return { id: UserId.make(id), displayName: id }
          }),
        profile: () => Effect.succeedNone
      })
      const context = yield* Layer.build(Relay.layer({ port: 0 }).pipe(Layer.provide(auth)))
      const { url } = yield* Effect.provide(Relay.use(Effect.succeed), context)
      const bob = yield* connect({ url, token: "p-bob:0" })
      const ada = yield* connect({ url, token: "p-ada:0" })
      yield* ada.presence.report(at("here"))
      yield* until("there", sees(bob, ["p-ada@here"]))
      for (let n = 1; n <= 100; n++) {
        yield* ada.setToken(`p-ada:${n}`)
        yield* until(
          "authorized",
          Effect.sync(() => authorized.at(-1) === `p-ada:${n}`)
        )
      }
      yield* ada.presence.report(at("after"))
      yield* until("still there", sees(bob, ["p-ada@after"]))
      assert.deepStrictEqual(bob.changes, ["p-ada Joined", "p-ada Moved"])
      assert.strictEqual(ada.attempts.length, 1)
      console.log(`100 refreshes: 1 socket, ${authorized.length} questions of the relay's auth`)
    }).pipe(Effect.scoped)
  )
})

describe("a storm of reports", () => {
  relay(
    "[A6] [A2] 1,000 a second for 3 s over a real socket: the last one is what others see",
    (url) =>
      Effect.gen(function* () {
        const bob = yield* connect({ url, token: "p-bob" })
        const ada = yield* connect({ url, token: "p-ada" })
        yield* ada.presence.report(at("start"))
        yield* until("there", sees(bob, ["p-ada@start"]))
        const start = now()
        let n = 0
        while (now() - start < 3_000) {
          while (n < now() - start) yield* ada.presence.report(at(`f${n++}`))
          yield* Effect.sleep(1)
        }
        yield* until("the last one", sees(bob, [`p-ada@f${n - 1}`]))
        const moves = bob.changes.filter((change) => change === "p-ada Moved").length
        assert.isAtMost(moves, 17)
        assert.strictEqual(ada.attempts.length, 1)
        console.log(`${n} reports in 3 s: ${moves} announces`)
      })
  )
})
