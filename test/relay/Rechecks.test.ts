import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Relay } from "../../src/relay/Relay.ts"
import { AuthUnavailable, RelayAuth, TokenRefused } from "../../src/relay/RelayAuth.ts"
import { Rechecks } from "../../src/relay/Rechecks.ts"
import { UserId } from "../../src/Session.ts"
import { authorizing } from "./authorizing.ts"
import { eventually } from "./RawSocket.ts"
import { join } from "./RelayClient.ts"
import { metric } from "./visitor.ts"

interface Checked {
  credential: { readonly token: Redacted.Redacted; readonly checkedAt: number } | undefined
}

const token = Redacted.make("t")

const checkedAt = (at: number): Checked => ({ credential: { token, checkedAt: at } })

/**
 * Checks tokens for a while in which no time passes but that of the test: the longest time between two
 * answers about one, and the most checks that were under way.
 */
const simulate = (options: {
  readonly tokens: number
  readonly perSecond: number
  readonly timeToLive: number
  readonly latency: number
  readonly concurrency: number
}) => {
  const { concurrency, latency, perSecond, timeToLive, tokens } = options
  const rechecks = new Rechecks<Checked>(timeToLive)
  const members = Array.from({ length: tokens }, (_, n) => checkedAt((n / perSecond) * 1_000))
  const step = 10
  const queue: Array<Checked> = []
  const running: Array<{ readonly member: Checked; readonly endsAt: number }> = []
  let longest = 0
  let most = 0
  let answers = 0
  let lookAt = 0
  for (let now = 0; now < 4 * timeToLive; now += step) {
    if (now >= lookAt) {
      lookAt += rechecks.interval
      queue.push(...rechecks.begin(members, now))
    }
    while (running[0] !== undefined && running[0].endsAt <= now) {
      const { member } = running[0]
      running.shift()
      longest = Math.max(longest, now - (member.credential?.checkedAt ?? 0))
      member.credential = { token, checkedAt: now }
      rechecks.end(member, true, now)
      answers++
    }
    for (const member of queue.splice(0, concurrency - running.length)) {
      running.push({ member, endsAt: now + latency })
    }
    most = Math.max(most, running.length)
  }
  return { longest, most, answers }
}

describe("tokens that are checked again", () => {
  it("[S2] are checked within the time for which an answer counts, 10,000 of them too", () => {
    const timeToLive = 30_000
    const many = simulate({
      tokens: 10_000,
      perSecond: 500,
      timeToLive,
      latency: 100,
      concurrency: 48
    })
    assert.isAtMost(many.longest, timeToLive)
    assert.strictEqual(many.most, 48)
  })

  it("[S2] are spread over the time that is left for them: a thousand who came at once are no burst", () => {
    const timeToLive = 60_000
    const { answers, longest, most } = simulate({
      tokens: 1_000,
      perSecond: Infinity,
      timeToLive,
      latency: 100,
      concurrency: 1_000
    })
    assert.isAtMost(longest, timeToLive)
    assert.isAtMost(most, 300)
    // Each at most twice in that time.
    assert.isAtMost(answers, 4 * 2 * 1_000)
  })

  it("are begun once, the oldest first, and again when they could not be decided", () => {
    const rechecks = new Rechecks<Checked>(1_000)
    const young = checkedAt(600)
    const middle = checkedAt(350)
    const old = checkedAt(100)
    const none: Checked = { credential: undefined }
    const members = [young, middle, none, old]
    assert.deepStrictEqual(rechecks.begin(members, 599), [])
    assert.deepStrictEqual(rechecks.begin(members, 850), [old, middle])
    assert.deepStrictEqual(rechecks.begin(members, 850), [])
    rechecks.end(old, false, 900)
    rechecks.end(middle, false, 900)
    assert.deepStrictEqual(rechecks.begin(members, 1_000), [])
    assert.deepStrictEqual(rechecks.begin(members, 1_150), [old, middle, young])
    assert.strictEqual(rechecks.overdue(members, 1_150), 1)
  })
})

describe("a relay with many tokens", () => {
  it.live("[S2] asks about as many at a time as it takes to know of a revoked one in time", () =>
    Effect.gen(function* () {
      const users = 140
      const timeToLive = 4_000
      let asking = 0
      let most = 0
      let isLater = false
      const auth = RelayAuth.of({
        authenticate: (redacted) => {
          const name = Redacted.value(redacted)
          const user = { id: UserId.make(name), displayName: name }
          if (!isLater) return Effect.succeed(user)
          return Effect.suspend(() => {
            most = Math.max(most, ++asking)
            return Effect.sleep(500)
          }).pipe(
            Effect.ensuring(Effect.sync(() => asking--)),
            Effect.andThen(Effect.fail(new TokenRefused({ reason: "unauthorized" })))
          )
        },
        timeToLive: Duration.millis(timeToLive),
        profile: () => Effect.succeedNone
      })
      const relay = Relay.layer({ port: 0 }).pipe(Layer.provide(Layer.succeed(RelayAuth, auth)))
      yield* Relay.use(({ url }) =>
        Effect.scoped(
          Effect.gen(function* () {
            const clients = yield* Effect.forEach(
              Array.from({ length: users }, (_, n) => `p-${n}`),
              (user) => join(url, user),
              { concurrency: 20 }
            )
            isLater = true
            const start = performance.now()
            yield* Effect.forEach(clients, ({ closed }) => closed, { concurrency: "unbounded" })
            const took = performance.now() - start
            console.log(`${users} revoked: known after ${Math.round(took)} ms, ${most} at a time`)
            // Sixteen at a time would need more time than there is.
            assert.isAbove(most, 16)
            assert.isAtMost(most, 48)
          })
        )
      ).pipe(Effect.provide(relay))
    })
  )

  let asked = 0
  authorizing(
    "[S2] says how many are overdue: those of which nobody can be asked",
    () => (name, user) =>
      name === "p-ada" && ++asked > 1
        ? Effect.fail(new AuthUnavailable({ reason: "unreachable" }))
        : user,
    (url) =>
      Effect.gen(function* () {
        yield* join(url, "p-ada")
        yield* join(url, "p-bob")
        const overdue = () => metric(url, "token_checks_overdue")
        assert.strictEqual(yield* Effect.promise(overdue), 0)
        yield* eventually("one overdue", async () => (await overdue()) === 1)
      }),
    { timeToLive: 500 }
  )
})
