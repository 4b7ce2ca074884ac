import { assert, describe } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { AuthUnavailable, TokenRefused } from "../../src/relay/RelayAuth.ts"
import { authorizing, slow } from "./authorizing.ts"
import { eventually } from "./RawSocket.ts"
import { connect, gone, join, state } from "./RelayClient.ts"
import { connections, metric, refusals } from "./visitor.ts"

/** For how long an answer counts, in milliseconds. */
const timeToLive = 1_000

const unavailable = new AuthUnavailable({ reason: "unreachable" })

describe("while an authorization is being decided", () => {
  const gate = Deferred.makeUnsafe<void>()
  authorizing(
    "[S1] requests wait for it, and are answered in their order",
    () => (_, user) => Effect.andThen(Deferred.await(gate), user),
    (url) =>
      Effect.gen(function* () {
        const client = yield* connect(url)
        const answered: Array<string> = []
        const say = (what: string) => Effect.sync(() => void answered.push(what))
        const all = yield* Effect.all(
          [
            Effect.tap(client.authorize("p-ada"), () => say("authorize")),
            Effect.tap(client.subscribe, () => say("subscribe")),
            Effect.tap(client.announce("s", [1]), () => say("announce")),
            Effect.tap(client.authorize("p-bob"), () => say("authorize again")),
            Effect.tap(client.announce("s", [2]), () => say("announce again"))
          ],
          { concurrency: "unbounded" }
        ).pipe(Effect.forkChild({ startImmediately: true }))
        yield* Effect.sleep(100)
        assert.deepStrictEqual(answered, [])
        yield* Deferred.succeed(gate, undefined)
        for (const reply of yield* Fiber.join(all)) assert.isUndefined(reply.error)
        assert.deepStrictEqual(answered, [
          "authorize",
          "subscribe",
          "announce",
          "authorize again",
          "announce again"
        ])
        assert.deepStrictEqual(yield* client.rest, [
          state("p-ada", "s", [1]),
          gone("p-ada", "s"),
          state("p-bob", "s", [2])
        ])
      })
  )

  authorizing(
    "[S4] the death of the socket ends its sessions, and makes room for others",
    slow,
    (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const client = yield* join(url, "p-ada")
        yield* client.announce("s")
        assert.deepEqual(yield* watcher.next, state("p-ada", "s"))
        yield* Effect.forkChild(client.authorize("slow"), { startImmediately: true })
        client.socket.close()
        assert.deepEqual(yield* watcher.next, gone("p-ada", "s"))
        const next = yield* join(url, "p-next")
        assert.isUndefined((yield* next.announce("s")).error)
      }),
    { maxConnectionsPerRoom: 2 }
  )

  authorizing(
    "[S2] its deadline is no refusal: 1013 says to try again, 4001 would say never",
    slow,
    (url) =>
      Effect.gen(function* () {
        const client = yield* connect(url)
        yield* Effect.forkChild(client.authorize("slow"), { startImmediately: true })
        assert.strictEqual((yield* client.closed).code, 1013)
      }),
    { authorizationTimeout: "200 millis" }
  )

  authorizing(
    "[S2] the deadline holds on a live connection too",
    slow,
    (url) =>
      Effect.gen(function* () {
        const client = yield* join(url, "p-ada")
        yield* Effect.forkChild(client.authorize("slow"), { startImmediately: true })
        assert.strictEqual((yield* client.closed).code, 1013)
      }),
    { authorizationTimeout: "200 millis" }
  )
})

describe("an authorization that can't be decided", () => {
  authorizing(
    "[S2] closes with 1013: clients take an error for a refusal",
    () => (token, user) => (token === "p-out" ? Effect.fail(unavailable) : user),
    (url) =>
      Effect.gen(function* () {
        const client = yield* connect(url)
        yield* Effect.forkChild(client.authorize("p-out"), { startImmediately: true })
        assert.strictEqual((yield* client.closed).code, 1013)
      })
  )

  authorizing(
    "[S6] closes with 1013 also where the code that decides is broken",
    () => (token, user) => (token === "p-bug" ? Effect.die("a bug") : user),
    (url) =>
      Effect.gen(function* () {
        const other = yield* join(url, "p-other")
        const client = yield* connect(url)
        yield* Effect.forkChild(client.authorize("p-bug"), { startImmediately: true })
        assert.strictEqual((yield* client.closed).code, 1013)
        assert.isUndefined((yield* other.announce("s")).error)
      })
  )
})

describe("an auth that throws before it has an effect to give", () => {
  const thrown = { code: 1013, reason: "the token could not be checked; try again" }
  const bug = (): never => {
    throw new Error("a bug")
  }

  authorizing(
    "[S6] closes with 1013 at once, and ends nobody else's connection",
    () => (token, user) => (token === "p-bug" ? bug() : user),
    (url) =>
      Effect.gen(function* () {
        const other = yield* join(url, "p-other")
        const client = yield* connect(url)
        yield* Effect.forkChild(client.authorize("p-bug"), { startImmediately: true })
        assert.deepEqual(yield* client.closed, thrown)
        assert.isUndefined((yield* other.announce("s")).error)
      })
  )

  authorizing(
    "[S6] closes with 1013 whoever shows another token, and leaves nobody unread",
    () => (token, user) => (token === "p-bug" ? bug() : user),
    (url) =>
      Effect.gen(function* () {
        const client = yield* join(url, "p-ada")
        yield* Effect.forkChild(client.authorize("p-bug"), { startImmediately: true })
        assert.deepEqual(yield* client.closed, thrown)
      })
  )

  let asked = 0
  authorizing(
    "[S2] is asked again about who is in",
    () => (_, user) => {
      asked++
      if (asked === 1) return user
      return asked === 2 ? bug() : Effect.fail(new TokenRefused({ reason: "unauthorized" }))
    },
    (url) =>
      Effect.gen(function* () {
        const eve = yield* join(url, "p-eve")
        assert.strictEqual((yield* eve.closed).code, 4001)
        assert.strictEqual(asked, 3)
      }),
    { timeToLive: 400 }
  )
})

describe("a token that was accepted", () => {
  const revoked = new TokenRefused({ reason: "unauthorized" })

  let isRevoked = false
  authorizing(
    "[S2] and is revoked ends its connection with 4001, and its sessions at once",
    () => (token, user) => (token === "p-eve" && isRevoked ? Effect.fail(revoked) : user),
    (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const eve = yield* join(url, "p-eve")
        yield* eve.announce("s")
        assert.deepEqual(yield* watcher.next, state("p-eve", "s"))
        isRevoked = true
        const start = performance.now()
        assert.strictEqual((yield* eve.closed).code, 4001)
        const took = performance.now() - start
        console.log(`revoked: noticed after ${Math.round(took)} ms of ${timeToLive} ms`)
        assert.isBelow(took, timeToLive + 100)
        assert.deepEqual(yield* watcher.next, gone("p-eve", "s"))
        assert.isUndefined((yield* watcher.announce("w")).error)
        // And makes room for another connection of its user.
        isRevoked = false
        const back = yield* join(url, "p-eve")
        assert.isUndefined((yield* back.announce("s")).error)
      }),
    { timeToLive, returnGrace: "1 hour", maxConnectionsPerUser: 1 }
  )

  let asked = 0
  authorizing(
    "[S2] keeps its connection while it can't be checked, and is checked again after that",
    () => (token, user) => {
      if (token !== "p-eve") return user
      asked++
      if (asked === 1) return user
      if (asked === 2) return Effect.fail(unavailable)
      return asked === 3 ? Effect.die("a bug") : Effect.fail(revoked)
    },
    (url) =>
      Effect.gen(function* () {
        const eve = yield* join(url, "p-eve")
        assert.strictEqual((yield* eve.closed).code, 4001)
        assert.strictEqual(asked, 4)
      }),
    { timeToLive: 400 }
  )
})

describe("tokens that are looked at again", () => {
  const revoked = new TokenRefused({ reason: "unauthorized" })

  const late = Deferred.makeUnsafe<void>()
  let eves = 0
  authorizing(
    "[S2] end nothing where another one has taken their place before the answer",
    () => (token, user) => {
      if (token !== "p-eve" || ++eves === 1) return user
      return Effect.andThen(Deferred.await(late), Effect.fail(revoked))
    },
    (url) =>
      Effect.gen(function* () {
        const client = yield* join(url, "p-eve")
        yield* eventually("it is looked at again", () => eves === 2)
        assert.isUndefined((yield* client.authorize("p-ada")).error)
        yield* Deferred.succeed(late, undefined)
        assert.isUndefined((yield* client.announce("s")).error)
        assert.strictEqual(yield* refusals(url, "revoked"), 0)
      }),
    { timeToLive: 400 }
  )

  const gate = Deferred.makeUnsafe<void>()
  const asked = new Map<string, number>()
  authorizing(
    "[S2] are as many at a time as there may be, and none of whoever has left before its turn",
    () => (token, user) => {
      const times = (asked.get(token) ?? 0) + 1
      asked.set(token, times)
      return times === 1 ? user : Effect.andThen(Deferred.await(gate), user)
    },
    (url) =>
      Effect.gen(function* () {
        const clients = new Map<string, Effect.Success<ReturnType<typeof join>>>()
        for (let n = 0; n < 49; n++) clients.set(`p-${n}`, yield* join(url, `p-${n}`))
        const again = () => Array.from(asked.values()).filter((times) => times > 1).length
        yield* eventually("48 are looked at again", () => again() === 48)
        // The last one has to wait for the answer about another.
        const overdue = () => metric(url, "token_checks_overdue")
        yield* eventually("all are overdue", async () => (await overdue()) === 49)
        assert.strictEqual(again(), 48)
        const [last] = Array.from(clients.keys()).filter((token) => asked.get(token) === 1)
        assert(last !== undefined)
        clients.get(last)?.socket.close()
        yield* connections(url, 48)
        yield* Deferred.succeed(gate, undefined)
        yield* eventually("the others go on", () =>
          Array.from(asked.values()).some((times) => times > 2)
        )
        assert.strictEqual(asked.get(last), 1)
      }),
    { timeToLive }
  )
})

describe("a connection that tries one token after another", () => {
  let asked = 0
  authorizing(
    "[S10] is refused without anyone being asked, after ten of them",
    () => () => {
      asked++
      return Effect.fail(new TokenRefused({ reason: "unauthorized" }))
    },
    (url) =>
      Effect.gen(function* () {
        const client = yield* connect(url)
        const refusals = yield* Effect.forEach(Array.from({ length: 20 }), (_, n) =>
          client.authorize(`guess-${n}`)
        )
        assert.isTrue(refusals.every(({ error }) => error?.code === 4001))
        assert.include(refusals.at(-1)?.error?.message, "Open another one")
        assert.strictEqual(asked, 10)
      })
  )
})
