/** Which exact document is meant, by an id and a perspective: the App SDK's word against ours. */
import { assert, describe, layer } from "@effect/vitest"
import {
  createSanityInstance,
  type DocumentPresenceOptions,
  getDocumentPresence,
  getPresence,
  reportPresence,
  type ReportPresenceOptions
} from "@sanity/sdk"
import { randomBytes } from "node:crypto"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createPresence, DocumentRef } from "../../src/index.ts"
import { startRelay } from "./Interop.ts"
import { valueOf } from "../support/valueOf.ts"

const views: ReadonlyArray<Omit<DocumentPresenceOptions, "documentId">> = [
  {},
  { perspective: "drafts" },
  { perspective: "previewDrafts" },
  { perspective: "raw" },
  { perspective: "published" },
  { perspective: { releaseName: "rSummer" } },
  { perspective: { releaseName: "rWinter" } },
  { liveEdit: true },
  { liveEdit: true, perspective: "drafts" },
  { liveEdit: true, perspective: { releaseName: "rSummer" } },
  { liveEdit: false, perspective: "published" }
]
const ids = ["book", "drafts.book", "versions.rSummer.book", "versions.rWinter.book"]

/** Each with a path of its own, by which it is found again. */
const cases = ids.flatMap((documentId) =>
  views.map((view): ReportPresenceOptions => {
    const path = [documentId, JSON.stringify(view)]
    return { documentId, ...view, path }
  })
)
const nameOf = (path: ReadonlyArray<unknown> | undefined) => (path ?? []).join(" ")

/** In which exact document each of the paths was seen. */
const byName = <A extends { readonly documentId: string; readonly path: ReadonlyArray<unknown> }>(
  locations: ReadonlyArray<A>
) => new Map(locations.map(({ documentId, path }) => [nameOf(path), documentId]))

/** The SDK and ours in one room of their own. */
class Both extends Context.Service<
  Both,
  {
    readonly sdk: ReturnType<typeof createSanityInstance>
    readonly ours: ReturnType<typeof createPresence>
  }
>()("test/Both") {
  static readonly layer = Layer.effect(
    Both,
    Effect.gen(function* () {
      const { url } = yield* startRelay()
      const room = { projectId: "interop", dataset: `room-${randomBytes(8).toString("hex")}` }
      const sdk = yield* Effect.acquireRelease(
        Effect.sync(() =>
          createSanityInstance({
            ...room,
            auth: { token: "g-alan-turing", apiHost: url },
            useProjectHostname: false
          })
        ),
        (sdk) => Effect.sync(() => sdk.dispose())
      )
      const ours = yield* Effect.acquireRelease(
        Effect.sync(() => createPresence({ ...room, apiHost: url, token: "p-ada-lovelace" })),
        (ours) => Effect.promise(ours.close)
      )
      // It is connected, and announces, while somebody subscribes.
      yield* Effect.acquireRelease(
        Effect.sync(() => getPresence(sdk).subscribe(() => undefined)),
        (stop) => Effect.sync(stop)
      )
      reportPresence(sdk, { locations: cases })
      ours.reportPresence(cases)
      yield* valueOf(ours.getPresenceLocations(), ([one]) => one?.locations.length === cases.length)
      yield* valueOf(getPresence(sdk), ([one]) => one?.locations.length === cases.length)
      return Both.of({ sdk, ours })
    })
  )
}

layer(Both.layer, { excludeTestServices: true, timeout: "60 seconds" })(
  "the App SDK and ours mean the same document",
  (it) => {
    it.effect.each(cases)(
      "[Q2] $documentId under $path.1: what the SDK reports is where ours says it is",
      (reported) =>
        Effect.gen(function* () {
          const { ours } = yield* Both
          const exact = DocumentRef.resolve(reported)
          assert.isDefined(exact)
          const [sdk] = ours.getPresenceLocations().getCurrent()
          assert.strictEqual(byName(sdk?.locations ?? []).get(nameOf(reported.path)), exact)
          const query = { ...reported, excludeVersions: true }
          const found = ours.getDocumentPresence(query).getCurrent()
          assert.deepStrictEqual(
            found.map(({ documentId, user }) => [user.id, documentId]),
            [["g-alan-turing", exact]]
          )
        })
    )

    it.effect.each(cases)(
      "[Q2] $documentId under $path.1: what ours reports is found there by the SDK",
      (reported) =>
        Effect.gen(function* () {
          const { sdk } = yield* Both
          const exact = DocumentRef.resolve(reported)
          const query = { ...reported, excludeVersions: true }
          const found = getDocumentPresence(sdk, query).getCurrent()
          assert.deepStrictEqual(
            found.map(({ documentId, user }) => [user.profile.id, documentId]),
            [["p-ada-lovelace", exact]]
          )
        })
    )

    describe("and who is in it", () => {
      it.effect.each(cases)(
        "[Q2] [Q3] $documentId under $path.1: everyone whom the SDK finds, exactly and with versions",
        ({ path: _path, ...query }) =>
          Effect.gen(function* () {
            const { ours, sdk } = yield* Both
            for (const excludeVersions of [true, false]) {
              for (const path of [undefined, [query.documentId]]) {
                const narrowed = {
                  ...query,
                  excludeVersions,
                  ...(path === undefined ? {} : { path })
                }
                const theirs = getDocumentPresence(sdk, narrowed).getCurrent()
                const found = ours.getDocumentPresence(narrowed).getCurrent()
                assert.isAbove(theirs.length, 0)
                assert.deepStrictEqual(byName(found), byName(theirs))
              }
            }
          })
      )
    })

    it.effect(
      "[Q2] a release by its bare name, and a stack, are ours beyond the SDK, which takes both for drafts",
      () =>
        Effect.gen(function* () {
          const { ours, sdk } = yield* Both
          const found = (query: DocumentRef.DocumentRef) =>
            ours.getDocumentPresence({ ...query, excludeVersions: true }).getCurrent()
          const version = found({ documentId: "book", perspective: { releaseName: "rSummer" } })
          const published = found({ documentId: "book", perspective: "published" })
          assert.isAbove(version.length, 0)
          for (const [perspective, expected] of [
            ["rSummer", version],
            [["rSummer", "drafts"], version],
            [["published", "rSummer"], published]
          ] as const) {
            assert.deepStrictEqual(found({ documentId: "book", perspective }), expected)
          }
          const theirs = getDocumentPresence(sdk, {
            documentId: "book",
            perspective: ["rSummer", "drafts"],
            excludeVersions: true
          }).getCurrent()
          assert.isTrue(theirs.every(({ documentId }) => documentId === "drafts.book"))
        })
    )
  }
)
