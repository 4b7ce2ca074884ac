/** The limits of PresenceState after any history, with limits so small that every history meets them. */
import { assert, describe, it } from "@effect/vitest"
import * as HashMap from "effect/HashMap"
import * as Schema from "effect/Schema"
import * as Aging from "../../src/Aging.ts"
import { fromReported } from "../../src/Location.ts"
import * as PresenceState from "../../src/PresenceState.ts"
import * as Roster from "../../src/Roster.ts"
import { SessionId, type SessionKey, sessionKey, UserId } from "../../src/Session.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Step = Schema.Struct({
  // Mostly arrivals, so that rooms are full.
  kind: Schema.Literals([
    ...Array.from({ length: 16 }, () => "State" as const),
    ...(["Disconnect", "Disconnect", "expire", "markStale", "dropStale", "forgive"] as const)
  ]),
  user: Schema.Literals(["u1", "u2", "u3", "u4", "u5", "u6"]),
  session: Schema.Literals(["s1", "s2", "s3", "s4", "s5"]),
  path: Schema.Literals(["title", "body"]),
  wait: between(0, 20_000)
})
type Step = typeof Step.Type
const Steps = Schema.Array(Step).check(Schema.isMinLength(10), Schema.isMaxLength(60))
const runs = { arbitrary: { runs: 500 } }
const Limits = Schema.Struct({ sessionsPerUser: between(1, 4), sessions: between(1, 8) })
type Limits = typeof Limits.Type

const ttl = 90_000

const said = (user: string, session: string, path = "title"): PresenceState.SessionEvent => ({
  _tag: "State",
  userId: UserId.make(user),
  sessionId: SessionId.make(session),
  locations: [fromReported({ documentId: "a", path: [path] }, "")]
})

const toEvent = ({ kind, path, session, user }: Step): PresenceState.SessionEvent =>
  kind === "Disconnect"
    ? { _tag: "Disconnect", userId: UserId.make(user), sessionId: SessionId.make(session) }
    : said(user, session, path)

const take = (
  roster: Roster.Roster,
  step: Step,
  now: number,
  limits: Limits
): Roster.Transition => {
  switch (step.kind) {
    case "State":
    case "Disconnect":
      return Roster.apply(roster, [toEvent(step)], now, limits)
    case "expire":
      return Aging.expire(roster, now, ttl)
    case "markStale":
      return Aging.markStale(roster, now)
    case "dropStale":
      return Aging.dropStale(roster)
    case "forgive":
      return Roster.unchanged(Aging.forgive(roster, 1_000))
  }
}

interface Taken extends Roster.Transition {
  readonly step: Step
  readonly before: Roster.Roster
}

const history = (steps: ReadonlyArray<Step>, limits: Limits) => {
  const taken: Array<Taken> = []
  let roster = Roster.empty
  let now = 0
  for (const step of steps) {
    now += step.wait
    const transition = take(roster, step, now, limits)
    taken.push({ ...transition, step, before: roster })
    roster = transition.roster
  }
  return { taken, roster, now }
}

const keysOf = <A>(map: HashMap.HashMap<SessionKey, A>) => [...HashMap.keys(map)].toSorted()

const countsOf = ({ state }: Roster.Roster) => {
  const counts = new Map<string, number>()
  for (const { userId } of PresenceState.toArray(state)) {
    counts.set(userId, (counts.get(userId) ?? 0) + 1)
  }
  return counts
}
const mostOf = (roster: Roster.Roster) => Math.max(0, ...countsOf(roster).values())

const sizeOf = (roster: Roster.Roster) => HashMap.size(roster.state.sessions)

/** A room with nobody left over: everything that is known of sessions is of the same sessions. */
const checkAgreement = (roster: Roster.Roster) => {
  const keys = keysOf(roster.state.sessions)
  assert.deepStrictEqual(keysOf(roster.members), keys)
  assert.deepStrictEqual([...HashMap.values(roster.state.byUser)].flat().toSorted(), keys)
  for (const [user, ofUser] of roster.state.byUser) {
    assert.isAbove(ofUser.length, 0)
    assert.isAtMost(ofUser.length, roster.most)
    for (const key of ofUser) {
      const session = HashMap.getUnsafe(roster.state.sessions, key)
      assert.strictEqual(session.userId, user)
      assert.strictEqual(key, sessionKey(session.userId, session.sessionId))
    }
  }
}

describe("PresenceState within its limits", () => {
  it.prop(
    "[R6] never has more than the limits, of one user or in all",
    [Steps, Limits],
    ([steps, limits]) => {
      for (const { roster } of history(steps, limits).taken) {
        assert.isAtMost(sizeOf(roster), limits.sessions)
        assert.isAtMost(mostOf(roster), limits.sessionsPerUser)
      }
    },
    runs
  )

  it.prop(
    "[R6] knows of the same sessions in every part, after everything that can happen",
    [Steps, Limits],
    ([steps, limits]) => {
      for (const { roster } of history(steps, limits).taken) checkAgreement(roster)
    },
    runs
  )

  it.prop(
    "[R6] [R7] lets in, refuses and displaces the same in a batch as one by one",
    [Steps, Limits],
    ([steps, limits]) => {
      const words = steps
        .filter(({ kind }) => kind === "State" || kind === "Disconnect")
        .map((step) => ({ ...step, wait: 0 }))
      const single = history(words, limits)
      const batch = Roster.apply(Roster.empty, words.map(toEvent), 0, limits)
      assert.deepStrictEqual(
        batch.dropped,
        single.taken.flatMap(({ dropped }) => dropped)
      )
      assert.deepStrictEqual(
        batch.changes,
        single.taken.flatMap(({ changes }) => changes)
      )
      assert.deepStrictEqual(
        PresenceState.toArray(batch.roster.state),
        PresenceState.toArray(single.roster.state)
      )
    },
    runs
  )

  it.prop(
    "[R6] a user whom nobody has seen gets in, unless everyone has one place only and all are taken",
    [Steps, Limits],
    ([steps, limits]) => {
      const { now, roster } = history(steps, limits)
      const isFull = sizeOf(roster) === limits.sessions
      const canEnter = !isFull || mostOf(roster) > 1
      const after = Roster.apply(roster, [said("newcomer", "s")], now, limits)
      assert.strictEqual(countsOf(after.roster).get("newcomer"), canEnter ? 1 : undefined)
      assert.deepStrictEqual(after.dropped, canEnter ? [] : ["sessions"])
      assert.strictEqual(sizeOf(after.roster), sizeOf(roster) + (isFull ? 0 : 1))
    },
    runs
  )

  it.prop(
    "[R6] only who has two sessions more than the newcomer's user makes room, and never the oldest",
    [Steps, Limits],
    ([steps, limits]) => {
      for (const { before, changes, roster, step } of history(steps, limits).taken) {
        const [left, joined] = changes
        if (left?._tag !== "Left" || left.reason !== "displaced") continue
        assert.strictEqual(joined?._tag, "Joined")
        const counts = countsOf(before)
        const displaced = counts.get(left.session.userId) ?? 0
        assert.isAtLeast(displaced, (counts.get(step.user) ?? 0) + 2)
        assert.strictEqual(displaced, mostOf(before))
        const siblings = PresenceState.toArray(roster.state).filter(
          ({ userId }) => userId === left.session.userId
        )
        assert.isTrue(siblings.every(({ order }) => order < left.session.order))
      }
    },
    runs
  )

  it.prop(
    "[R6] a refusal changes nothing else",
    [Steps, Limits],
    ([steps, limits]) => {
      for (const { before, changes, dropped, roster, step } of history(steps, limits).taken) {
        if (dropped.length === 0) continue
        const own = countsOf(before).get(step.user) ?? 0
        assert.deepStrictEqual(dropped, [
          own >= limits.sessionsPerUser ? "sessionsPerUser" : "sessions"
        ])
        assert.deepStrictEqual(changes, [])
        assert.strictEqual(roster.state, before.state)
        assert.strictEqual(roster.members, before.members)
        assert.strictEqual(roster.joined, before.joined)
      }
    },
    runs
  )

  it.prop(
    "[R6] whoever is in can move and leave, however full it is",
    [Steps, Limits],
    ([steps, limits]) => {
      const { now, roster } = history(steps, limits)
      for (const { sessionId, userId } of PresenceState.toArray(roster.state)) {
        const moved = Roster.apply(roster, [said(userId, sessionId, "slug")], now, limits)
        assert.deepStrictEqual(
          moved.changes.map(({ _tag }) => _tag),
          ["Moved"]
        )
        const left = Roster.apply(roster, [{ _tag: "Disconnect", userId, sessionId }], now, limits)
        assert.strictEqual(sizeOf(left.roster), sizeOf(roster) - 1)
      }
    },
    runs
  )

  it.prop(
    "[R6] [R9] joins and leaves add up to who is there",
    [Steps, Limits],
    ([steps, limits]) => {
      const { roster, taken } = history(steps, limits)
      const told = new Set<SessionKey>()
      for (const change of taken.flatMap(({ changes }) => changes)) {
        const key = sessionKey(change.session.userId, change.session.sessionId)
        assert.strictEqual(told.has(key), change._tag !== "Joined")
        if (change._tag === "Left") told.delete(key)
        else told.add(key)
      }
      assert.deepStrictEqual([...told].toSorted(), keysOf(roster.state.sessions))
    },
    runs
  )
})
