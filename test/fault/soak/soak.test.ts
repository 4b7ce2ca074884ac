/**
 * A minute of everything that networks, servers and people do, and then the truth.
 *
 * `SOAK_SEED=123 npx vitest run test/fault/soak/soak.test.ts` asks for the faults of that seed again.
 */
import { randomInt } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { type PresenceState, SessionId, UserId } from "../../../src/index.ts"
import { judge, Ledger, type Seen, seen, type Truth, type View } from "./Judge.ts"
import { faults, makePlan } from "./Plan.ts"
import { format } from "./Report.ts"
import { runSoak } from "./Soak.ts"

const truthOf = (userId: string, places?: ReadonlyArray<string>): Truth => ({
  userId,
  sessionId: "s",
  places
})

const seenAt = (userId: string, ...places: ReadonlyArray<string>): Seen => ({
  userId,
  sessionId: "s",
  places,
  stale: false
})

/** What Ada has wrong of a room in which Bob is in a book and Eve never said anything. */
const wrongIn = (view: Partial<View>): ReadonlyArray<string> => {
  const bob = seenAt("bob", "book")
  const right: View = {
    userId: "ada",
    sessionId: "s",
    status: "Connected",
    state: [bob],
    told: [bob],
    mistakes: []
  }
  const truths = [truthOf("ada", ["book"]), truthOf("bob", ["book"]), truthOf("eve")]
  return judge(truths, [{ ...right, ...view }]).map(({ what }) => what)
}

describe("the judge", () => {
  it("finds nothing where all is right", () => {
    assert.deepStrictEqual(wrongIn({}), [])
  })

  it("finds who is missing, a ghost, and who is somewhere else", () => {
    assert.deepStrictEqual(wrongIn({ state: [], told: [] }), [
      "shows and was told of no bob/s, who is at {book}"
    ])
    assert.deepStrictEqual(wrongIn({ state: [seenAt("bob", "book"), seenAt("tom")] }), [
      "shows the ghost tom/s at {}"
    ])
    assert.deepStrictEqual(wrongIn({ told: [seenAt("bob", "page")] }), [
      "was told of bob/s at {page} instead of {book}"
    ])
  })

  it("finds who shows the silent, the stale, or itself, and who is not connected", () => {
    assert.deepStrictEqual(wrongIn({ state: [seenAt("bob", "book"), seenAt("eve")] }), [
      "shows eve/s, who never said where they are"
    ])
    assert.deepStrictEqual(wrongIn({ state: [{ ...seenAt("bob", "book"), stale: true }] }), [
      "shows bob/s as stale"
    ])
    assert.deepStrictEqual(wrongIn({ state: [seenAt("bob", "book"), seenAt("ada", "book")] }), [
      "shows the ghost ada/s at {book}"
    ])
    assert.deepStrictEqual(wrongIn({ status: "Offline" }), ["is not connected: Offline"])
  })
})

describe("the ledger", () => {
  const session = (documentId: string): PresenceState.PresenceSession => ({
    userId: UserId.make("bob"),
    sessionId: SessionId.make("s"),
    locations: [{ type: "document", documentId, path: [], lastActiveAt: "" }],
    stale: false,
    activity: "unknown",
    order: 0
  })
  const [book, page] = [session("book"), session("page")]

  const told = (...changes: ReadonlyArray<PresenceState.PresenceChange>) => {
    const ledger = new Ledger()
    for (const change of changes) ledger.apply(change)
    return { sessions: [...ledger.sessions.values()], mistakes: ledger.mistakes }
  }

  it("folds changes to a state", () => {
    const { locations: previous } = book
    const joined = { _tag: "Joined", session: book } as const
    const moved = { _tag: "Moved", session: page, previous } as const
    const left = { _tag: "Left", session: page, reason: "lost" } as const
    assert.deepStrictEqual(told(joined, moved), { sessions: [seen(page)], mistakes: [] })
    assert.deepStrictEqual(told(joined, moved, left), { sessions: [], mistakes: [] })
  })

  it("notes what was told twice, or not at all", () => {
    const joined = { _tag: "Joined", session: book } as const
    const left = { _tag: "Left", session: page, reason: "lost" } as const
    assert.deepStrictEqual(told(joined, joined).mistakes, ["Joined of bob/s, who is there"])
    assert.deepStrictEqual(told(left).mistakes, ["Left of bob/s, who is not there"])
    assert.deepStrictEqual(told(joined, left).mistakes, [
      'Left of bob/s from {["page",[]]}, who was told to be at {["book",[]]}'
    ])
  })
})

it.effect("the plan of a seed is always the same, and has each fault often enough", () =>
  Effect.gen(function* () {
    const draw = makePlan({ seconds: 48, clients: 20 }).pipe(Random.withSeed("1"))
    const plan = yield* draw
    assert.deepStrictEqual(yield* draw, plan)
    for (const fault of faults) {
      assert.isAtLeast(plan.filter(({ what }) => what === fault).length, 25, fault)
    }
  })
)

describe("a soak", () => {
  it.live("[A4] [C3] [R4] [R9] [S7] after a minute of faults all see all, and were told so", () =>
    Effect.gen(function* () {
      const seed = Number(process.env["SOAK_SEED"] ?? randomInt(2 ** 31))
      assert.isTrue(Number.isSafeInteger(seed), "SOAK_SEED is a whole number")
      console.log(`seed ${seed}`)
      const report = yield* runSoak({ seed, seconds: 48, clients: 20, progress: console.log })
      console.log(format(report))
      assert.deepStrictEqual(report.problems, [], `seed ${seed}`)
    })
  )
})
