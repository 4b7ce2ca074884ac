import { assert, layer, vi } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { PresenceConfig } from "../../src/index.ts"
import {
  enter,
  Interop,
  kinds,
  others,
  randomPlace,
  toLocations,
  untilAllSee,
  untilSees,
  userOf
} from "./Interop.ts"
import type { View } from "./Peer.ts"
import type { Place } from "./PeerProtocol.ts"

// Every wait has an end of its own, and says what it was for; this is for what has none.
vi.setConfig({ testTimeout: 60_000 })

const point = (offset: number): { path: Place["path"]; offset: number } => ({
  path: ["body", { _key: "a1" }, "children", { _key: "s 2" }],
  offset
})

/** Every form that a path segment and a caret can have. */
const places: ReadonlyArray<Place> = [
  { documentId: "drafts.book", path: [] },
  { documentId: "drafts.book", path: ["title"] },
  { documentId: "drafts.book", path: ["body", { _key: "a1" }, "children", 0, "marks", 12] },
  { documentId: "drafts.book", path: ["tags", [1, 3]] },
  { documentId: "drafts.book", path: ["tags", ["", 3], "ключ ♥"] },
  { documentId: "drafts.book", path: ["body"], selection: null },
  {
    documentId: "drafts.book",
    path: ["body", { _key: "a1" }],
    selection: { anchor: point(0), focus: point(0) }
  },
  {
    documentId: "drafts.book",
    path: ["body", { _key: "a1" }],
    selection: { anchor: point(3), focus: point(11), backward: false }
  },
  {
    documentId: "drafts.book",
    path: ["body"],
    selection: {
      anchor: point(11),
      focus: { path: ["body", 0, "children", 1], offset: 3 },
      backward: true
    }
  }
]

const isOurs = (event: Schema.JsonObject) => event["i"] === userOf.ours

/** Our announces as bifur-client saw them. */
const announces = ({ events }: View) =>
  events.filter((event) => isOurs(event) && event["type"] === "state")

const decodeState = Schema.decodeUnknownSync(
  Schema.Struct({
    m: Schema.Struct({ sessionId: Schema.String, locations: Schema.Array(Schema.JsonObject) })
  })
)

layer(Interop.layer, { excludeTestServices: true, timeout: "60 seconds" })(
  "between bifur-client, the App SDK and ours",
  (it) => {
    it.effect.each(kinds)("every form of path and caret of %s arrives by value", (sender) =>
      Effect.gen(function* () {
        const { peers, room } = yield* Interop
        const here = room()
        const receivers = others(peers, sender)
        for (const peer of receivers) yield* enter(peer, here)
        yield* enter(peers[sender], here, places)
        yield* untilAllSee(receivers, new Map([[userOf[sender], places]]))
      })
    )

    it.effect.each(kinds)(
      "locations of %s that are made up at run time arrive by value",
      (sender) =>
        Effect.gen(function* () {
          const { peers, room } = yield* Interop
          const here = room()
          const receivers = others(peers, sender)
          const random = Array.from({ length: 20 }, randomPlace)
          for (const peer of receivers) yield* enter(peer, here)
          yield* enter(peers[sender], here, random)
          yield* untilAllSee(receivers, new Map([[userOf[sender], random]]))
        })
    )

    it.effect.each([
      ["p-ada-lovelace", "Ada Lovelace"],
      ["g-alan-turing", "Alan Turing"],
      ["robot.seven", "Robot Seven"]
    ] as const)("the SDK shows the user id %s of ours as %s", ([userId, displayName]) =>
      Effect.gen(function* () {
        const { peers, room } = yield* Interop
        const here = room()
        yield* peers.sdk.join(here, "p-reader")
        yield* peers.ours.join(here, userId)
        yield* peers.ours.report([])
        const { people } = yield* peers.sdk.until(`the name ${displayName}`, ({ people }) =>
          people.some((person) => person.displayName === displayName)
        )
        assert.deepStrictEqual(
          people.map((person) => person.userId),
          [userId]
        )
      })
    )

    it.effect("in the room of a canvas all see each other, and the SDK shows our name", () =>
      Effect.gen(function* () {
        const { peers, room } = yield* Interop
        const here = { ...room(), canvasId: "canvas-1" }
        const expected = new Map<string, ReadonlyArray<Place>>()
        for (const kind of kinds) expected.set(userOf[kind], [randomPlace()])
        for (const kind of kinds) yield* enter(peers[kind], here, expected.get(userOf[kind]))
        yield* untilAllSee(Object.values(peers), expected)
        yield* peers.sdk.until("the name Ada Lovelace", ({ people }) =>
          people.some((person) => person.displayName === "Ada Lovelace")
        )
      })
    )

    it.effect("the SDK's document presence finds us by document, version and path", () =>
      Effect.gen(function* () {
        const { peers, room } = yield* Interop
        const here = room()
        const [{ documentId: draft }, { documentId: elsewhere }] = [randomPlace(), randomPlace()]
        const document = draft.replace("drafts.", "")
        const version = `versions.r1.${document}`
        const field: Place["path"] = ["body", { _key: "a1" }]
        yield* enter(peers.sdk, here)
        yield* peers.sdk.watch(document, field)
        yield* enter(peers.ours, here, [
          { documentId: document, path: ["title"], perspective: "published" },
          { documentId: document, path: [...field, "children", 0] },
          { documentId: document, path: field, perspective: { releaseName: "r1" } },
          { documentId: elsewhere, path: field }
        ])
        const view = yield* peers.sdk.until("us in the document", ({ document: { all, below } }) =>
          [all, below].every((list) => list.some(({ userId }) => userId === userOf.ours))
        )
        const below = [
          { userId: userOf.ours, documentId: draft, path: [...field, "children", 0] },
          { userId: userOf.ours, documentId: version, path: field }
        ]
        assert.deepStrictEqual(view.document.below, below)
        assert.deepStrictEqual(view.document.all, [
          { userId: userOf.ours, documentId: document, path: ["title"] },
          ...below
        ])
      })
    )

    it.effect("[A1] what we say has exactly Bifur's form, and reading says nothing", () =>
      Effect.gen(function* () {
        const { peers, room } = yield* Interop
        const here = room("forward")
        yield* enter(peers.bifur, here)
        // Its own roll call comes back to it: from here on it hears everything.
        yield* peers.bifur.until("its own roll call", ({ events }) => events.length > 0)
        yield* enter(peers.ours, here)
        yield* peers.bifur.until("our roll call", ({ events }) => events.some(isOurs))
        yield* peers.ours.report(places)
        const view = yield* peers.bifur.until("our announce", (view) => announces(view).length > 0)
        const { m } = decodeState(announces(view)[0])
        yield* peers.ours.leave
        const { events } = yield* peers.bifur.until("our goodbye", ({ events }) =>
          events.some((event) => isOurs(event) && event["type"] === "disconnect")
        )

        const i = userOf.ours
        const { sessionId } = m
        assert.match(sessionId, /^[0-9a-f]{32}$/)
        assert.deepStrictEqual<unknown>(events.filter(isOurs), [
          { type: "rollCall", i, session: sessionId },
          { type: "state", i, m: { sessionId, locations: toLocations(places, m.locations) } },
          { type: "disconnect", i, m: { session: sessionId } }
        ])
      })
    )

    it.effect("[A2] while idle we repeat our announce, and the SDK goes on showing us", () =>
      Effect.gen(function* () {
        const { peers, room } = yield* Interop
        const here = room()
        const expected = new Map([[userOf.ours, [randomPlace()]]])
        yield* enter(peers.bifur, here)
        yield* enter(peers.sdk, here)
        yield* peers.ours.join(here, userOf.ours, { announceInterval: 250 })
        yield* peers.ours.report(expected.get(userOf.ours) ?? [])
        yield* untilSees(peers.sdk, expected)
        const view = yield* peers.bifur.until(
          "three repetitions of our announce",
          (view) => announces(view).length > 3
        )
        const [first, ...repetitions] = announces(view)
        for (const repetition of repetitions) assert.deepStrictEqual(repetition, first)
        yield* untilSees(peers.sdk, expected)

        // The SDK drops who was not heard for 90 s, and announces get lost.
        const { announceInterval } = PresenceConfig.make({})
        assert.isAtMost(Duration.toSeconds(announceInterval), 30)
      })
    )
  }
)
