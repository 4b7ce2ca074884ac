import { assert, describe, it } from "@effect/vitest"
import * as HashMap from "effect/HashMap"
import * as Schema from "effect/Schema"
import * as Aging from "../../src/Aging.ts"
import { fromReported } from "../../src/Location.ts"
import * as PresenceConfig from "../../src/PresenceConfig.ts"
import * as PresenceState from "../../src/PresenceState.ts"
import * as Roster from "../../src/Roster.ts"
import { SessionId, sessionKey, UserId } from "../../src/Session.ts"

// Small alphabets, so that sessions meet: the same session id under two users, repeats, unknown ids.
const Event = Schema.Struct({
  tag: Schema.Literals(["State", "State", "State", "Disconnect"]),
  user: Schema.Literals(["u1", "u2", "5:u1"]),
  session: Schema.Literals(["s1", "s2", "u1s1"]),
  paths: Schema.Array(Schema.Literals(["title", "body"])).check(Schema.isMaxLength(2)),
  wait: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60_000 }))
})
type Event = typeof Event.Type
const Events = Schema.Array(Event).check(Schema.isMaxLength(30))

const toEvent = ({ paths, session, tag, user, wait }: Event): PresenceState.SessionEvent => {
  const userId = UserId.make(user)
  const sessionId = SessionId.make(session)
  return tag === "Disconnect"
    ? { _tag: "Disconnect", userId, sessionId }
    : {
        _tag: "State",
        userId,
        sessionId,
        locations: paths.map((path) =>
          fromReported({ documentId: "a", path: [path] }, `${wait % 7}`)
        )
      }
}

const { limits } = PresenceConfig.make({})
const apply = (
  roster: Roster.Roster,
  events: ReadonlyArray<PresenceState.SessionEvent>,
  now: number
) => Roster.apply(roster, events, now, limits)

/** The same by the simplest possible means: a map that remembers the last word of each session. */
const model = (events: ReadonlyArray<PresenceState.SessionEvent>) => {
  const sessions = new Map<string, ReadonlyArray<string>>()
  for (const event of events) {
    const key = JSON.stringify([event.userId, event.sessionId])
    if (event._tag === "Disconnect") sessions.delete(key)
    else
      sessions.set(
        key,
        event.locations.map(({ path }) => String(path))
      )
  }
  return sessions
}

const view = (state: PresenceState.PresenceState) =>
  new Map(
    PresenceState.toArray(state).map(({ locations, sessionId, userId }) => [
      JSON.stringify([userId, sessionId]),
      locations.map(({ path }) => String(path))
    ])
  )

const oneByOne = (events: ReadonlyArray<Event>, pace = 1) => {
  let roster = Roster.empty
  let now = 0
  const changes: Array<PresenceState.PresenceChange> = []
  for (const event of events) {
    now += event.wait * pace
    const transition = apply(roster, [toEvent(event)], now)
    roster = transition.roster
    changes.push(...transition.changes)
  }
  return { roster, changes, now }
}

const ada = { userId: UserId.make("p-ada"), sessionId: SessionId.make("s1") }
const state = (locations: ReadonlyArray<string>, who = ada): PresenceState.SessionEvent => ({
  _tag: "State",
  ...who,
  locations: locations.map((path) =>
    fromReported({ documentId: "a", path: [path] }, "2026-01-01T00:00:00.000Z")
  )
})

describe("PresenceState", () => {
  it.prop("is the last word of each session, after any interleaving", [Events], ([events]) => {
    const { roster } = oneByOne(events)
    assert.deepStrictEqual(view(roster.state), model(events.map(toEvent)))
  })

  it.prop("[R7] is the same for a batch as for its events one by one", [Events], ([events]) => {
    const batch = apply(Roster.empty, events.map(toEvent), 0)
    const single = oneByOne(events, 0)
    assert.deepStrictEqual(view(batch.roster.state), view(single.roster.state))
    assert.deepStrictEqual(
      batch.changes.map(({ _tag }) => _tag),
      single.changes.map(({ _tag }) => _tag)
    )
  })

  it.prop(
    "[R8] a repeat changes nothing: the state is the identical object",
    [Events],
    ([events]) => {
      const { now, roster } = oneByOne(events)
      const repeats = (lastActiveAt: string) =>
        PresenceState.toArray(roster.state).map(
          ({ locations, sessionId, userId }): PresenceState.SessionEvent => ({
            _tag: "State",
            userId,
            sessionId,
            locations: locations.map((location) => ({ ...location, lastActiveAt }))
          })
        )
      // The first one that is active without moving tells that there is activity to tell of.
      const told = apply(roster, repeats("later"), now + 1)
      assert.isTrue(told.changes.every(({ _tag }) => _tag === "ActivityChanged"))
      const after = apply(told.roster, repeats("still later"), now + 2)
      assert.strictEqual(after.roster.state, told.roster.state)
      assert.strictEqual(after.touched.size, 0)
      assert.deepStrictEqual(after.changes, [])
    }
  )

  it.prop("a goodbye of a session that is unknown changes nothing at all", [Events], ([events]) => {
    const { now, roster } = oneByOne(events)
    const stranger = { userId: UserId.make("u3"), sessionId: SessionId.make("s1") }
    const after = apply(roster, [{ _tag: "Disconnect", ...stranger }], now)
    assert.strictEqual(after.roster, roster)
  })

  it.prop("[R5] no event of one user touches a session of another", [Events], ([events]) => {
    const own = events.filter(({ user }) => user === "u1")
    const both = oneByOne(events).roster.state
    const alone = oneByOne(own).roster.state
    const ofUser = (presence: PresenceState.PresenceState) =>
      [...view(presence)].filter(([key]) => key.startsWith('["u1"'))
    assert.deepStrictEqual(ofUser(both).toSorted(), ofUser(alone).toSorted())
  })

  it.prop(
    "[R9] changes retell the state: joins, moves and leaves add up, each once",
    [Events],
    ([events]) => {
      const { changes, roster } = oneByOne(events)
      const told = new Map<string, ReadonlyArray<string>>()
      for (const change of changes) {
        const { locations, sessionId, userId } = change.session
        const key = JSON.stringify([userId, sessionId])
        assert.strictEqual(told.has(key), change._tag !== "Joined")
        if (change._tag === "Left") told.delete(key)
        else
          told.set(
            key,
            locations.map(({ path }) => String(path))
          )
      }
      assert.deepStrictEqual(told, view(roster.state))
    }
  )

  it.prop("[R3] exactly those silent for the time to live expire", [Events], ([events]) => {
    const { roster } = oneByOne(events)
    const ttl = 90_000
    const next = Aging.nextExpiry(roster, ttl)
    if (next === undefined) {
      assert.isTrue(HashMap.isEmpty(roster.state.sessions))
      return
    }
    assert.strictEqual(Aging.expire(roster, next - 1, ttl).roster, roster)
    const { changes, roster: after } = Aging.expire(roster, next, ttl)
    assert.isAbove(changes.length, 0)
    for (const change of changes) {
      assert.isTrue(change._tag === "Left" && change.reason === "expired")
      const key = sessionKey(change.session.userId, change.session.sessionId)
      assert.isFalse(HashMap.has(after.state.sessions, key) || HashMap.has(after.members, key))
    }
    assert.strictEqual(HashMap.size(after.members), HashMap.size(after.state.sessions))
  })

  it("keeps people in the order in which they joined, however they move", () => {
    const bob = { ...ada, userId: UserId.make("p-bob") }
    const { roster } = apply(
      Roster.empty,
      [state(["title"]), state(["body"], bob), state(["slug"])],
      0
    )
    assert.deepStrictEqual(
      PresenceState.toArray(roster.state).map(({ userId }) => userId),
      [ada.userId, bob.userId]
    )
    assert.strictEqual(PresenceState.toArray(roster.state), PresenceState.toArray(roster.state))
  })

  it("[R4] stale sessions keep their places until they are dropped or heard", () => {
    const bob = { ...ada, userId: UserId.make("p-bob") }
    const before = apply(Roster.empty, [state(["x"]), state(["y"], bob)], 0).roster
    const stale = Aging.markStale(before, 1).roster
    assert.isTrue(PresenceState.toArray(stale.state).every((session) => session.stale))
    assert.strictEqual(Aging.markStale(stale, 1).roster, stale)
    const heard = apply(stale, [state(["x"])], 1)
    assert.deepStrictEqual(heard.changes, [])
    assert.deepStrictEqual(
      PresenceState.toArray(heard.roster.state).map((s) => s.stale),
      [false, true]
    )
    const dropped = Aging.dropStale(heard.roster)
    assert.deepStrictEqual(
      dropped.changes.map((change) => [
        change._tag,
        change.session.userId,
        change._tag === "Left" && change.reason
      ]),
      [["Left", bob.userId, "lost"]]
    )
    assert.strictEqual(Aging.dropStale(dropped.roster).roster, dropped.roster)
  })

  it("[R6] a newcomer beyond a bound is left out, and takes a place only of who has two more", () => {
    const session = (user: string, id: string) =>
      state(["x"], { userId: UserId.make(user), sessionId: SessionId.make(id) })
    const bounds = { ...limits, sessions: 3, sessionsPerUser: 2 }
    const enter = (roster: Roster.Roster, ...events: ReadonlyArray<PresenceState.SessionEvent>) =>
      Roster.apply(roster, events, 0, bounds)
    const two = enter(Roster.empty, session("a", "1"), session("a", "2"), session("a", "3"))
    assert.deepStrictEqual(two.dropped, ["sessionsPerUser"])
    const full = enter(two.roster, session("b", "1")).roster
    const displaced = enter(full, session("c", "1"))
    assert.deepStrictEqual(
      displaced.changes.map(({ _tag, session: { userId } }) => `${_tag} ${userId}`),
      ["Left a", "Joined c"]
    )
    assert.deepStrictEqual(enter(displaced.roster, session("d", "1")).dropped, ["sessions"])
  })

  it("has one key for one pair, whatever the ids hold", () => {
    const key = (user: string, session: string) =>
      sessionKey(UserId.make(user), SessionId.make(session))
    assert.notStrictEqual(key("a", "bc"), key("ab", "c"))
    assert.notStrictEqual(key("1:a", "b"), key("1", ":ab"))
  })
})
