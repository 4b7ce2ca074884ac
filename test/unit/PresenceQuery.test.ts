/** The index of PresenceState and the queries over it, against a filter over all sessions. */
import { assert, describe, it } from "@effect/vitest"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Aging from "../../src/Aging.ts"
import { publishedIdOf, resolve } from "../../src/DocumentRef.ts"
import { keepIdentical } from "../../src/keepIdentical.ts"
import { isSameLocations, type Location, type Path, type PathSegment } from "../../src/Location.ts"
import * as PresenceConfig from "../../src/PresenceConfig.ts"
import * as PresenceQuery from "../../src/PresenceQuery.ts"
import * as PresenceState from "../../src/PresenceState.ts"
import * as Roster from "../../src/Roster.ts"
import { SessionId, type SessionKey, sessionKey, UserId } from "../../src/Session.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

// Small alphabets, so that paths meet, and a prefix of one is often the prefix of another.
const Segment = Schema.Union([
  Schema.Literals(["title", "body", "a1", "0"]),
  Schema.Literals([0, 1]),
  Schema.Struct({ _key: Schema.Literals(["a1", "b2", "0"]) }),
  Schema.Tuple([Schema.Literals([0, 1, ""]), Schema.Literals([0, 1, ""])])
])
const SomePath = Schema.Array(Segment).check(Schema.isMaxLength(3))
const documents = ["book", "drafts.book", "versions.r1.book", "versions.r2.book", "film"] as const
const Where = Schema.Struct({
  documentId: Schema.Literals([...documents, "drafts.film", "drafts.", "Not an id"]),
  path: SomePath,
  minute: between(0, 5),
  offset: Schema.Literals([-1, 0, 1])
})
type Where = typeof Where.Type

const Step = Schema.Struct({
  kind: Schema.Literals([
    ...Array.from({ length: 10 }, () => "State" as const),
    ...(["Disconnect", "heartbeat", "heartbeat"] as const),
    ...(["expire", "markStale", "dropStale", "rest"] as const)
  ]),
  user: Schema.Literals(["u1", "u2", "u3"]),
  session: Schema.Literals(["s1", "s2"]),
  locations: Schema.Array(Where).check(Schema.isMaxLength(4)),
  wait: between(0, 40_000)
})
type Step = typeof Step.Type
const Steps = Schema.Array(Step).check(Schema.isMinLength(5), Schema.isMaxLength(40))
const Query = Schema.Struct({
  documentId: Schema.Literals(documents),
  perspective: Schema.Literals(["drafts", "published", "r1"]),
  path: Schema.Union([SomePath, Schema.Undefined]),
  excludeVersions: Schema.Literals([true, false])
})
const runs = { arbitrary: { runs: 300 } }

const { limits } = PresenceConfig.make({})
const small = { ...limits, sessions: 4, sessionsPerUser: 2 }
const ttl = 90_000
const times = { idleAfter: 20_000, awayAfter: 60_000 }

const toLocation = ({ documentId, minute, offset, path }: Where): Location => ({
  type: "document",
  documentId,
  path,
  lastActiveAt: `2026-01-01T00:0${minute}:00.000Z`,
  ...(offset === -1 ? {} : { selection: { anchor: { path, offset }, focus: { path, offset } } })
})

const take = (
  roster: Roster.Roster,
  { kind, locations, session, user }: Step,
  now: number
): Roster.Transition => {
  const who = { userId: UserId.make(user), sessionId: SessionId.make(session) }
  const known = HashMap.get(roster.state.sessions, sessionKey(who.userId, who.sessionId))
  switch (kind) {
    case "State": {
      const event = { _tag: "State", ...who, locations: locations.map(toLocation) } as const
      return Roster.apply(roster, [event], now, small)
    }
    case "heartbeat": {
      if (Option.isNone(known)) return Roster.unchanged(roster)
      const lastActiveAt = new Date(now).toISOString()
      const again = known.value.locations.map((one) => ({ ...one, lastActiveAt }))
      const event = { _tag: "State", ...who, locations: again } as const
      return Roster.apply(roster, [event], now, small)
    }
    case "Disconnect":
      return Roster.apply(roster, [{ _tag: "Disconnect", ...who }], now, small)
    case "expire":
      return Aging.expire(roster, now, ttl)
    case "markStale":
      return Aging.markStale(roster, now)
    case "dropStale":
      return Aging.dropStale(roster)
    case "rest":
      return Aging.rest(roster, now, times)
  }
}

interface Taken extends Roster.Transition {
  readonly before: PresenceState.PresenceState
}

const history = (steps: ReadonlyArray<Step>) => {
  const taken: Array<Taken> = []
  let roster = Roster.empty
  let now = 0
  for (const step of steps) {
    now += step.wait
    const transition = take(roster, step, now)
    taken.push({ ...transition, before: roster.state })
    roster = transition.roster
  }
  return { taken, state: roster.state, roster, now }
}

// What the answers should be, by the simplest possible means.

const isSame = (a: PathSegment | undefined, b: PathSegment): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

const naive = (
  state: PresenceState.PresenceState,
  { documentId, excludeVersions, path, perspective }: PresenceQuery.DocumentQuery
): ReadonlyArray<PresenceQuery.DocumentLocation> => {
  const exact = resolve({ documentId, perspective })
  return [...HashMap.values(state.sessions)]
    .toSorted((a, b) => a.order - b.order)
    .flatMap(({ activity, locations, sessionId, stale, userId }) =>
      locations
        .filter((one) =>
          excludeVersions === true
            ? one.documentId === exact
            : publishedIdOf(one.documentId) === publishedIdOf(exact ?? "")
        )
        .filter((one) => (path ?? []).every((segment, at) => isSame(one.path[at], segment)))
        .map(({ type: _type, ...where }) => ({ userId, sessionId, ...where, stale, activity }))
    )
}

const ids = ["book", "film", "drafts.", "Not an id"]

/** Who must be listed for a document: those with a place there. */
const naiveEntry = (state: PresenceState.PresenceState, id: string) =>
  Array.from(state.sessions).flatMap(([key, { locations }]) =>
    locations.some((one) => publishedIdOf(one.documentId) === id) ? [key] : []
  )

const entryOf = (state: PresenceState.PresenceState, id: string) =>
  Option.getOrUndefined(HashMap.get(state.documents, id))

const sorted = (keys: Iterable<SessionKey>) => [...keys].toSorted()

describe("PresenceQuery", () => {
  it.prop(
    "[Q1] [Q3] [Q5] answers what a filter over all sessions answers, in the order of joining",
    [Steps, Schema.Array(Query).check(Schema.isMinLength(1), Schema.isMaxLength(4))],
    ([steps, queries]) => {
      for (const { roster } of history(steps).taken) {
        for (const query of queries) {
          const answer = PresenceQuery.inDocument(roster.state, PresenceQuery.prepare(query))
          assert.deepStrictEqual(answer, naive(roster.state, query))
        }
      }
    },
    runs
  )

  it.prop(
    "[Q1] the indexes hold exactly who is in the room",
    [Steps],
    ([steps]) => {
      for (const { roster } of history(steps).taken) {
        const { byUser, documents, sessions } = roster.state
        for (const id of ids) {
          const expected = naiveEntry(roster.state, id)
          const entry = entryOf(roster.state, id)
          assert.strictEqual(entry === undefined, expected.length === 0, "no entry without anyone")
          const members = entry === undefined ? [] : HashMap.keys(entry.members)
          assert.deepStrictEqual(sorted(members), sorted(expected))
        }
        assert.isTrue([...HashMap.keys(documents)].every((id) => ids.includes(id)))
        assert.deepStrictEqual(
          sorted([...HashMap.values(byUser)].flat()),
          sorted(HashMap.keys(sessions))
        )
        for (const userId of ["u1", "u2", "u3"].map((id) => UserId.make(id))) {
          assert.deepStrictEqual(
            PresenceQuery.ofUser(roster.state, userId),
            PresenceState.toArray(roster.state).filter((session) => session.userId === userId)
          )
        }
        assert.deepStrictEqual(PresenceQuery.counts(roster.state), {
          sessions: HashMap.size(sessions),
          users: HashMap.size(byUser)
        })
      }
    },
    runs
  )

  it.prop(
    "[Q1] what was touched is exactly where an entry changed; all others are the identical ones",
    [Steps],
    ([steps]) => {
      for (const { before, roster, touched } of history(steps).taken) {
        for (const id of ids) {
          const was = entryOf(before, id)
          const is = entryOf(roster.state, id)
          assert.strictEqual(was !== is, touched.has(id), id)
        }
        assert.isTrue([...touched].every((id) => ids.includes(id)))
      }
    },
    runs
  )

  it.prop(
    "[Q1] an answer is the identical array until something in its document changes",
    [Steps, Query],
    ([steps, query]) => {
      const prepared = PresenceQuery.prepare(query)
      for (const { before, roster, touched } of history(steps).taken) {
        const was = PresenceQuery.inDocument(before, prepared)
        const is = PresenceQuery.inDocument(roster.state, prepared)
        assert.strictEqual(PresenceQuery.inDocument(roster.state, prepared), is)
        assert.strictEqual(PresenceQuery.inDocument(roster.state, PresenceQuery.prepare(query)), is)
        if (!touched.has(prepared.publishedId)) assert.strictEqual(is, was)
      }
    },
    runs
  )

  it.prop(
    "[Q1] a place is the identical object until its session says something else of it",
    [Steps, Query],
    ([steps, query]) => {
      const prepared = PresenceQuery.prepare(query)
      for (const { before, roster } of history(steps).taken) {
        const was = PresenceQuery.inDocument(before, prepared)
        const is = PresenceQuery.inDocument(roster.state, prepared)
        if (was.length === is.length && JSON.stringify(was) === JSON.stringify(is)) {
          assert.strictEqual(keepIdentical(was, is), was)
        }
      }
    },
    runs
  )

  it.prop(
    "[Q1] [R8] a heartbeat of everyone changes no answer and touches no document",
    [Steps, Query],
    ([steps, query]) => {
      const { now, roster } = history(steps)
      const prepared = PresenceQuery.prepare(query)
      const beat = (from: Roster.Roster, at: number) => {
        const lastActiveAt = new Date(at + 86_400_000 * 365 * 60).toISOString()
        const events = PresenceState.toArray(from.state).map(
          ({ locations, sessionId, userId }) => ({
            _tag: "State" as const,
            userId,
            sessionId,
            locations: locations.map((one) => ({ ...one, lastActiveAt }))
          })
        )
        return Roster.apply(from, events, at, small)
      }
      // The first one may tell that there is activity to tell of, and that they are there after all.
      const heard = beat(roster, now + 1).roster
      const before = PresenceQuery.inDocument(heard.state, prepared)
      const again = beat(heard, now + 2)
      assert.strictEqual(again.roster.state, heard.state)
      assert.strictEqual(again.touched.size, 0)
      assert.strictEqual(PresenceQuery.inDocument(again.roster.state, prepared), before)
    },
    runs
  )

  it.prop(
    "[Q1] a batch touches what its events touch, one by one",
    [Steps],
    ([steps]) => {
      const events = steps.map(({ kind, locations, session, user }): PresenceState.SessionEvent => {
        const who = { userId: UserId.make(user), sessionId: SessionId.make(session) }
        return kind === "Disconnect"
          ? { _tag: "Disconnect", ...who }
          : { _tag: "State", ...who, locations: locations.map(toLocation) }
      })
      const batch = Roster.apply(Roster.empty, events, 0, small)
      const touched = new Set<string>()
      let roster = Roster.empty
      for (const event of events) {
        const one = Roster.apply(roster, [event], 0, small)
        roster = one.roster
        for (const id of one.touched) touched.add(id)
      }
      assert.deepStrictEqual([...batch.touched].toSorted(), [...touched].toSorted())
    },
    runs
  )

  const says = (user: string, session: string, ...places: ReadonlyArray<readonly [string, Path]>) =>
    ({
      _tag: "State",
      userId: UserId.make(user),
      sessionId: SessionId.make(session),
      locations: places.map(([documentId, path]) => ({
        type: "document" as const,
        documentId,
        path,
        lastActiveAt: ""
      }))
    }) as const
  const room = (...events: ReadonlyArray<PresenceState.SessionEvent>) =>
    Roster.apply(Roster.empty, events, 0, limits).roster.state
  const ask = (state: PresenceState.PresenceState, query: PresenceQuery.DocumentQuery) =>
    PresenceQuery.inDocument(state, PresenceQuery.prepare(query)).map(
      ({ documentId, path, sessionId }) => [sessionId, documentId, path]
    )

  it("[Q2] a draft, its published document and its versions are one, unless one of them is meant", () => {
    const state = room(
      says("u1", "draft", ["drafts.book", []]),
      says("u1", "published", ["book", []]),
      says("u2", "summer", ["versions.r1.book", []]),
      says("u2", "winter", ["versions.r2.book", []]),
      says("u2", "film", ["film", []])
    )
    const sessions = (query: PresenceQuery.DocumentQuery) => ask(state, query).map(([id]) => id)
    const all = ["draft", "published", "summer", "winter"]
    for (const documentId of ["book", "drafts.book", "versions.r9.book"]) {
      for (const perspective of ["drafts", "published", "r1", { releaseName: "r9" }]) {
        assert.deepStrictEqual(sessions({ documentId, perspective }), all)
      }
    }
    const only = { documentId: "drafts.book", excludeVersions: true }
    assert.deepStrictEqual(sessions(only), ["draft"])
    assert.deepStrictEqual(sessions({ ...only, perspective: "published" }), ["published"])
    assert.deepStrictEqual(sessions({ ...only, perspective: "r1" }), ["summer"])
    assert.deepStrictEqual(sessions({ ...only, perspective: ["r2", "drafts"] }), ["winter"])
    assert.deepStrictEqual(sessions({ ...only, perspective: "r9" }), [])
    assert.deepStrictEqual(sessions({ ...only, liveEdit: true }), ["published"])
  })

  it("[Q3] a path means what is at or below it, and keyed segments compare by key", () => {
    const key = (_key: string) => ({ _key })
    const state = room(
      says("u1", "document", ["book", []]),
      says("u1", "list", ["book", ["authors"]]),
      says("u1", "item", ["book", ["authors", key("a1")]]),
      says("u1", "field", ["book", ["authors", key("a1"), "name"]]),
      says("u1", "other item", ["book", ["authors", key("a2"), "name"]]),
      says("u1", "index", ["book", ["authors", 0]]),
      says("u1", "name", ["book", ["authors", "0"]]),
      says("u1", "range", ["book", ["authors", [0, ""]]])
    )
    const sessions = (path: Path) =>
      ask(state, { documentId: "book", path }).map(([sessionId]) => sessionId)
    assert.lengthOf(sessions([]), 8)
    assert.lengthOf(sessions(["authors"]), 7)
    assert.deepStrictEqual(sessions(["authors", key("a1")]), ["item", "field"])
    const decorated: Path = JSON.parse('["authors", { "_type": "author", "_key": "a1" }]')
    assert.deepStrictEqual(sessions(decorated), ["item", "field"])
    assert.deepStrictEqual(sessions(["authors", 0]), ["index"])
    assert.deepStrictEqual(sessions(["authors", "0"]), ["name"])
    assert.deepStrictEqual(sessions(["authors", [0, ""]]), ["range"])
    assert.deepStrictEqual(sessions(["authors", ["", 0]]), [])
    assert.deepStrictEqual(sessions(["authors", "a1"]), [])
  })

  it("[Q1] who is in several documents and moves in one leaves the others' answers identical", () => {
    const books = PresenceQuery.prepare({ documentId: "book" })
    const films = PresenceQuery.prepare({ documentId: "film" })
    const first = says("u1", "s1", ["drafts.book", ["title"]], ["film", ["title"]], ["book", []])
    const before = Roster.apply(Roster.empty, [first], 0, limits)
    const atFirst = PresenceQuery.inDocument(before.roster.state, books)
    const inFilm = PresenceQuery.inDocument(before.roster.state, films)
    assert.lengthOf(atFirst, 2)
    assert.lengthOf(inFilm, 1)

    const moved = says("u1", "s1", ["drafts.book", ["title"]], ["film", ["body"]], ["book", []])
    const after = Roster.apply(before.roster, [moved], 0, limits)
    assert.deepStrictEqual([...after.touched], ["film"])
    assert.strictEqual(PresenceQuery.inDocument(after.roster.state, books), atFirst)
    assert.notStrictEqual(PresenceQuery.inDocument(after.roster.state, films), inFilm)

    const gone = says("u1", "s1", ["drafts.book", ["title"]], ["book", []])
    const without = Roster.apply(after.roster, [gone], 0, limits)
    assert.deepStrictEqual([...without.touched], ["film"])
    assert.strictEqual(PresenceQuery.inDocument(without.roster.state, books), atFirst)
    assert.deepStrictEqual(PresenceQuery.inDocument(without.roster.state, films), [])
    assert.isFalse(HashMap.has(without.roster.state.documents, "film"))
  })

  it("[Q1] nobody is always the identical array, whatever is asked for", () => {
    const empty = PresenceQuery.inDocument(
      PresenceState.emptyState,
      PresenceQuery.prepare({ documentId: "book" })
    )
    const state = room(says("u1", "s1", ["film", []]), says("u1", "s2", ["book", []]))
    const of = (query: PresenceQuery.DocumentQuery) =>
      PresenceQuery.inDocument(state, PresenceQuery.prepare(query))
    assert.strictEqual(of({ documentId: "other" }), empty)
    assert.strictEqual(of({ documentId: "book", path: ["title"] }), empty)
    assert.strictEqual(of({ documentId: "book", excludeVersions: true }), empty)
    assert.deepStrictEqual(PresenceQuery.ofUser(state, UserId.make("u9")), [])
    assert.strictEqual(
      PresenceQuery.ofUser(state, UserId.make("u9")),
      PresenceQuery.ofUser(state, UserId.make("u8"))
    )
  })

  it("[Q2] an id that Sanity does not allow means exactly itself", () => {
    const state = room(
      says("u1", "s1", ["Not an id", []]),
      says("u1", "s2", ["drafts.Not an id", []])
    )
    assert.deepStrictEqual(ask(state, { documentId: "Not an id" }), [["s1", "Not an id", []]])
    assert.deepStrictEqual(ask(state, { documentId: "", excludeVersions: true }), [])
  })

  it("[Q5] two tabs of one person are two, and one who is in two places is there twice", () => {
    const state = room(
      says("u1", "tab 1", ["book", ["title"]], ["book", ["body"]]),
      says("u1", "tab 2", ["book", ["title"]])
    )
    assert.deepStrictEqual(ask(state, { documentId: "book" }), [
      ["tab 1", "book", ["title"]],
      ["tab 1", "book", ["body"]],
      ["tab 2", "book", ["title"]]
    ])
    assert.deepStrictEqual(PresenceQuery.counts(state), { sessions: 2, users: 1 })
  })

  it("equal queries have the same key, and others have another", () => {
    const key = (query: PresenceQuery.DocumentQuery) => PresenceQuery.prepare(query).key
    const book = { documentId: "book" }
    assert.strictEqual(key(book), key({ documentId: "drafts.book", perspective: "r1", path: [] }))
    const all = [
      book,
      { documentId: "film" },
      { ...book, path: ["title"] },
      { ...book, path: [{ _key: "title" }] },
      { ...book, path: [0] },
      { ...book, path: ["0"] },
      { ...book, path: [[0, 1]] as const },
      { ...book, path: [0, 1] },
      { ...book, excludeVersions: true },
      { ...book, excludeVersions: true, perspective: "published" },
      { ...book, excludeVersions: true, perspective: "r1" }
    ].map(key)
    assert.strictEqual(new Set(all).size, all.length)
  })

  it("[Q2] a release that there can't be means nobody, not the published document", () => {
    const query = { documentId: "book", perspective: "a.b" }
    for (const excludeVersions of [true, false]) {
      const { exactId, publishedId } = PresenceQuery.prepare({ ...query, excludeVersions })
      assert.deepStrictEqual([publishedId, exactId], ["", excludeVersions ? "" : undefined])
    }
  })

  it.prop(
    "[Q1] an array is kept where the next one holds the identical elements",
    [Schema.Array(between(0, 2)), Schema.Array(between(0, 2))],
    ([a, b]) => {
      const kept = keepIdentical(a, b)
      assert.deepStrictEqual(kept, b)
      assert.strictEqual(kept === a, a.length === b.length && a.every((one, at) => one === b[at]))
    }
  )

  it.prop("[R9] changes say where everyone was before", [Steps], ([steps]) => {
    for (const { before, changes } of history(steps).taken) {
      for (const change of changes) {
        if (change._tag !== "Moved") continue
        const { sessionId, userId } = change.session
        const was = HashMap.get(before.sessions, sessionKey(userId, sessionId))
        assert.isTrue(Option.isSome(was) && was.value.locations === change.previous)
        assert.isFalse(isSameLocations(change.previous, change.session.locations))
      }
    }
  })
})
