import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import {
  PresenceConfig,
  type PresenceState,
  profileOf,
  SessionId,
  type Token,
  UserId,
  type UserProfile
} from "../../src/index.ts"
import { newcomers } from "../../src/newcomers.ts"
import * as Roster from "../../src/Roster.ts"
import { type UserLookup, UserLookupError } from "../../src/UserLookup.ts"
import * as Users from "../../src/Users.ts"

const ids = (...names: ReadonlyArray<string>) => names.map((name) => UserId.make(name))
const profile = (id: UserId): UserProfile => ({ id, displayName: `Name of ${id}` })

/** No token, and so nobody's. */
const nobody = { tokens: Stream.empty, whose: () => Effect.succeedNone }

/** A lookup that knows everyone but those named here; `broken` fails whatever is asked with it. */
const setup = (unknown: Set<string> = new Set(), broken: Set<string> = new Set(), isOfIds = true) =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const lookup: UserLookup["lookup"] = (wanted) =>
      Effect.suspend(() => {
        asked.push(wanted.join(","))
        if (wanted.some((id) => broken.has(id))) {
          return Effect.fail(new UserLookupError({ cause: "broken", isOfIds }))
        }
        return Effect.succeed(
          new Map(wanted.filter((id) => !unknown.has(id)).map((id) => [id, profile(id)]))
        )
      })
    const users = yield* Users.make({ lookup, ...nobody })
    const names = (...all: ReadonlyArray<string>) =>
      Effect.map(SubscriptionRef.get(users.profiles), (profiles) =>
        ids(...all).map((id) => profileOf(profiles, id).displayName)
      )
    return { users, asked, names }
  })

describe("whom a change brings", () => {
  it("[U1] [R9] is everyone who is there where it says so anew, and who joins", () => {
    const state = (user: string): PresenceState.SessionEvent => ({
      _tag: "State",
      userId: UserId.make(user),
      sessionId: SessionId.make("s1"),
      locations: []
    })
    const { limits } = PresenceConfig.make({})
    const { changes, roster } = Roster.apply(Roster.empty, [state("a"), state("b")], 0, limits)
    assert.deepStrictEqual(newcomers({ _tag: "Reset", state: roster.state }), ids("a", "b"))
    assert.deepStrictEqual(changes.map(newcomers), [ids("a"), ids("b")])
    const left = Roster.apply(roster, [{ ...state("a"), _tag: "Disconnect" }], 1, limits)
    assert.deepStrictEqual(left.changes.map(newcomers), [[]])
  })
})

describe("a lookup that fails", () => {
  it("[U1] says nothing of its cause, which may hold a token", () => {
    const error = new UserLookupError({ cause: new Error("unseen-t1"), isOfIds: false })
    assert.strictEqual(error.message, "A user's profile could not be read.")
  })
})

describe("Users", () => {
  it.effect(
    "[U1] shows the id until the profile is there, and asks for many at once, each once",
    () =>
      Effect.gen(function* () {
        const { asked, names, users } = yield* setup()
        yield* users.request(ids("p1", "p2"))
        yield* users.request(ids("p2", "p3", "p1"))
        assert.deepStrictEqual(yield* names("p1"), ["p1"])
        yield* TestClock.adjust("1 second")
        yield* users.request(ids("p1", "p2", "p3"))
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(yield* names("p1", "p3"), ["Name of p1", "Name of p3"])
        assert.deepStrictEqual(asked, ["p1,p2,p3"])
      })
  )

  it.effect("[U1] ids of the access API, which takes one each, are asked for one by one", () =>
    Effect.gen(function* () {
      const { asked, names, users } = yield* setup()
      yield* users.request(ids("g1", "p1", "e1"))
      yield* TestClock.adjust("1 second")
      assert.sameMembers(asked, ["g1", "p1", "e1"])
      assert.deepStrictEqual(yield* names("g1", "p1", "e1"), [
        "Name of g1",
        "Name of p1",
        "Name of e1"
      ])
    })
  )

  it.effect("[U1] one that fails keeps nobody waiting, and is asked for again later", () =>
    Effect.gen(function* () {
      const broken = new Set(["p2"])
      const { asked, names, users } = yield* setup(new Set(), broken)
      yield* users.request(ids("p1", "p2", "p3"))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* names("p1", "p2", "p3"), ["Name of p1", "p2", "Name of p3"])
      broken.clear()
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual(yield* names("p2"), ["Name of p2"])
      assert.deepStrictEqual(asked, ["p1,p2,p3", "p1", "p2", "p3", "p2"])
    })
  )

  it.effect("[U1] one that does not exist is not asked for forever", () =>
    Effect.gen(function* () {
      const { asked, names, users } = yield* setup(new Set(["p1"]))
      yield* users.request(ids("p1"))
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* names("p1"), ["p1"])
      assert.isAtMost(asked.length, 17)
      const before = asked.length
      yield* users.request(ids("p1"))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(asked.length, before + 1)
    })
  )

  it.effect("[U1] a batch is one change of the profiles", () =>
    Effect.gen(function* () {
      const { users } = yield* setup()
      const before = yield* SubscriptionRef.get(users.profiles)
      const seen = new Set<Users.Profiles>([before])
      yield* users.request(ids("p1", "p2", "p3"))
      for (let millis = 0; millis < 50; millis++) {
        yield* TestClock.adjust(1)
        seen.add(yield* SubscriptionRef.get(users.profiles))
      }
      assert.strictEqual(seen.size, 2)
    })
  )

  it.effect("[U1] one without a profile delays nobody who was asked for with them", () =>
    Effect.gen(function* () {
      const { asked, names, users } = yield* setup(new Set(["p2"]))
      yield* users.request(ids("p1", "p2", "p3"))
      yield* TestClock.adjust("20 millis")
      assert.deepStrictEqual(yield* names("p1", "p2", "p3"), ["Name of p1", "p2", "Name of p3"])
      yield* TestClock.adjust("5020 millis")
      assert.deepStrictEqual(asked, ["p1,p2,p3", "p2"])
    })
  )

  it.effect("[U1] one whose answer never comes delays nobody, asked for one by one or not", () =>
    Effect.gen(function* () {
      const lookup: UserLookup["lookup"] = (wanted) => {
        if (wanted.length > 1) {
          return Effect.fail(new UserLookupError({ cause: "one is unknown", isOfIds: true }))
        }
        return wanted.some((id) => id.endsWith("-slow"))
          ? Effect.never
          : Effect.succeed(new Map(wanted.map((id) => [id, profile(id)])))
      }
      const users = yield* Users.make({ lookup, ...nobody })
      yield* users.request(ids("p-slow", "p1", "g-slow", "g1", "p2"))
      yield* TestClock.adjust("1 second")
      const profiles = yield* SubscriptionRef.get(users.profiles)
      assert.deepStrictEqual(
        ids("p-slow", "p1", "g-slow", "g1", "p2").map((id) => profileOf(profiles, id).displayName),
        ["p-slow", "Name of p1", "g-slow", "Name of g1", "Name of p2"]
      )
    })
  )

  it.effect("[U1] a bug in one request keeps nobody waiting who is asked for in another", () =>
    Effect.gen(function* () {
      let isBroken = true
      const lookup: UserLookup["lookup"] = (wanted) =>
        isBroken && wanted.some((id) => id.startsWith("g"))
          ? Effect.die("a bug")
          : Effect.succeed(new Map(wanted.map((id) => [id, profile(id)])))
      const users = yield* Users.make({ lookup, ...nobody })
      const known = Effect.map(SubscriptionRef.get(users.profiles), (profiles) =>
        ids("g1", "p1", "g2").map((id) => profileOf(profiles, id).displayName)
      )
      yield* users.request(ids("g1", "p1"))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* known, ["g1", "Name of p1", "g2"])
      isBroken = false
      yield* users.request(ids("g1", "g2"))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* known, ["Name of g1", "Name of p1", "Name of g2"])
    })
  )

  it.effect("[U1] a service that fails is not asked person by person, but later as before", () =>
    Effect.gen(function* () {
      const broken = new Set(["p2"])
      const { asked, names, users } = yield* setup(new Set(), broken, false)
      yield* users.request(ids("p1", "p2", "p3"))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(asked, ["p1,p2,p3"])
      assert.deepStrictEqual(yield* names("p1"), ["p1"])
      broken.clear()
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(asked, ["p1,p2,p3", "p1,p2,p3"])
      assert.deepStrictEqual(yield* names("p1", "p2", "p3"), [
        "Name of p1",
        "Name of p2",
        "Name of p3"
      ])
    })
  )

  it.effect(
    "[U1] a room full of people is asked for in batches whose address is short enough",
    () =>
      Effect.gen(function* () {
        const { asked, users } = yield* setup()
        yield* users.request(ids(...Array.from({ length: 120 }, (_, index) => `p${index}`)))
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(
          asked.map((batch) => batch.split(",").length),
          [50, 50, 20]
        )
      })
  )

  it.effect("[Q5] [U1] self follows whose the token is, and that profile is asked for", () =>
    Effect.gen(function* () {
      const tokens = yield* SubscriptionRef.make<Token>(Option.none())
      const asked: Array<string> = []
      const users = yield* Users.make({
        lookup: (wanted) =>
          Effect.sync(() => {
            asked.push(...wanted)
            return new Map(wanted.map((id) => [id, profile(id)]))
          }),
        tokens: SubscriptionRef.changes(tokens),
        whose: (token) => Effect.succeed(Option.map(token, (t) => UserId.make(Redacted.value(t))))
      })
      const become = Effect.fnUntraced(function* (id: Option.Option<UserId>) {
        yield* SubscriptionRef.set(tokens, Option.map(id, Redacted.make))
        yield* TestClock.adjust("1 second")
        return yield* SubscriptionRef.get(users.self)
      })
      assert.deepStrictEqual(yield* become(Option.some(UserId.make("p1"))), Option.none())
      assert.deepStrictEqual(asked, [], "nobody is asked for before somebody follows")
      yield* Effect.forkScoped(users.followSelf)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* SubscriptionRef.get(users.self), Option.some(UserId.make("p1")))
      for (const id of [
        Option.some(UserId.make("p2")),
        Option.none<UserId>(),
        Option.some(UserId.make("p1"))
      ]) {
        assert.deepStrictEqual(yield* become(id), id)
      }
      assert.deepStrictEqual(asked, ["p1", "p2"])
    })
  )
})
