import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  type DocumentRef,
  isOf,
  type Perspective,
  publishedIdOf,
  resolve
} from "../../src/DocumentRef.ts"
import { fromReported } from "../../src/Location.ts"
import * as PresenceQuery from "../../src/PresenceQuery.ts"

// Ids that Sanity allows, with all that looks like a prefix and is none.
const Name = Schema.Literals(["book", "a.b", "drafts", "versions", "x.drafts.y", "A-1_2", "_.x"])
const Release = Schema.Literals(["rSummer", "r1", "a-b_c"])
const Id = Schema.Union([
  Name,
  Schema.Struct({ name: Name, prefix: Schema.Literals(["drafts", "versions"]), release: Release })
])
const idOf = (id: typeof Id.Type): string => {
  if (typeof id === "string") return id
  return id.prefix === "drafts" ? `drafts.${id.name}` : `versions.${id.release}.${id.name}`
}
const nameOf = (id: typeof Id.Type): string => (typeof id === "string" ? id : id.name)

const View = Schema.Union([
  Schema.Literals(["drafts", "previewDrafts", "raw", "published"]),
  Schema.Undefined,
  Release,
  Schema.Struct({ releaseName: Release }),
  Schema.Array(Schema.Union([Schema.Literals(["drafts", "published"]), Release])).check(
    Schema.isMaxLength(3)
  )
])
const LiveEdit = Schema.Literals([true, false])

describe("DocumentRef", () => {
  const ids = ["book", "drafts.book", "versions.rOld.book"]
  const cases: ReadonlyArray<readonly [Omit<DocumentRef, "documentId">, string]> = [
    [{}, "drafts.book"],
    [{ perspective: undefined, liveEdit: undefined }, "drafts.book"],
    [{ perspective: "drafts" }, "drafts.book"],
    [{ perspective: "previewDrafts" }, "drafts.book"],
    [{ perspective: "raw" }, "drafts.book"],
    [{ perspective: "published" }, "book"],
    [{ perspective: { releaseName: "rSummer" } }, "versions.rSummer.book"],
    [{ perspective: "rSummer" }, "versions.rSummer.book"],
    [{ perspective: ["rSummer", "drafts"] }, "versions.rSummer.book"],
    [{ perspective: ["published", "rSummer"] }, "book"],
    [{ perspective: ["drafts"] }, "drafts.book"],
    [{ perspective: [] }, "drafts.book"],
    [{ liveEdit: true }, "book"],
    [{ liveEdit: false }, "drafts.book"],
    [{ liveEdit: true, perspective: "drafts" }, "book"],
    [{ liveEdit: true, perspective: { releaseName: "rSummer" } }, "book"]
  ]
  for (const [view, expected] of cases) {
    it(`[Q2] a document under ${JSON.stringify(view)} is ${expected}, with whatever prefix it is named`, () => {
      for (const documentId of ids) {
        assert.strictEqual(resolve({ documentId, ...view }), expected)
      }
    })
  }

  it.prop(
    "[Q2] resolving twice is the same as once, under the same perspective",
    [Id, View, LiveEdit],
    ([id, perspective, liveEdit]) => {
      const once = resolve({ documentId: idOf(id), perspective, liveEdit })
      assert.isDefined(once)
      assert.strictEqual(resolve({ documentId: once, perspective, liveEdit }), once)
    }
  )

  it.prop(
    "[Q2] whatever an id resolves to has the id's own published id",
    [Id, View, LiveEdit],
    ([id, perspective, liveEdit]) => {
      const documentId = idOf(id)
      const exact = resolve({ documentId, perspective, liveEdit })
      assert.isDefined(exact)
      assert.strictEqual(publishedIdOf(exact), nameOf(id))
      assert.strictEqual(publishedIdOf(documentId), nameOf(id))
      assert.strictEqual(publishedIdOf(nameOf(id)), nameOf(id))
    }
  )

  it.prop(
    "[Q2] a report and a query resolve an id in the same way",
    [Id, View, LiveEdit],
    ([id, perspective, liveEdit]) => {
      const reference = { documentId: idOf(id), perspective, liveEdit }
      const exact = resolve(reference)
      assert.strictEqual(fromReported(reference, "").documentId, exact)
      const query = PresenceQuery.prepare({ ...reference, excludeVersions: true })
      assert.strictEqual(query.exactId, exact)
      assert.strictEqual(query.publishedId, nameOf(id))
    }
  )

  it("[Q2] what is no id resolves to nothing, and throws nothing", () => {
    const nonsense = [
      "",
      " ",
      "a b",
      "ä",
      "drafts.",
      "versions.",
      "versions.r1",
      "versions..book",
      "versions.drafts.book",
      "versions.versions.book",
      "a/b",
      "\ud800"
    ]
    for (const documentId of nonsense) {
      for (const perspective of ["drafts", "published", "rSummer", { releaseName: "r" }] as const) {
        assert.isUndefined(resolve({ documentId, perspective }), documentId)
      }
    }
    for (const releaseName of ["", "a b", "drafts", "versions", "ä", "r.x", "."]) {
      assert.isUndefined(resolve({ documentId: "book", perspective: { releaseName } }), releaseName)
    }
  })

  it("[Q2] a prefix of a prefix is not a document", () => {
    for (const documentId of ["drafts.drafts.book", "drafts.versions.r1.book"]) {
      assert.isUndefined(resolve({ documentId, perspective: "published" }), documentId)
      assert.strictEqual(publishedIdOf(documentId), documentId)
    }
  })

  it.prop("[Q2] is of a document when that is its published id", [Id, Id], ([one, other]) => {
    for (const id of [idOf(one), `drafts.drafts.${idOf(one)}`, ""]) {
      for (const name of [nameOf(other), idOf(other), publishedIdOf(id), ""]) {
        assert.strictEqual(isOf(id, name), publishedIdOf(id) === name, `${id} of ${name}`)
      }
    }
  })

  it.prop("[Q2] any text and any perspective throw nothing", [Schema.Json, View], ([id, view]) => {
    const documentId = typeof id === "string" ? id : JSON.stringify(id)
    const exact = resolve({ documentId, perspective: view })
    if (exact !== undefined) assert.strictEqual(publishedIdOf(exact), publishedIdOf(documentId))
  })

  it("[Q2] what untyped code gives throws nothing", () => {
    const untyped: ReadonlyArray<DocumentRef> = JSON.parse(
      '[{}, {"documentId":7}, {"documentId":null}, {"documentId":"a","perspective":null}, {"documentId":"a","perspective":7}, {"documentId":"a","perspective":{}}, {"documentId":"a","perspective":[null]}, {"documentId":"a","perspective":{"releaseName":null}}]'
    )
    for (const reference of untyped) {
      const exact = resolve(reference)
      assert.isTrue(exact === undefined || typeof exact === "string", JSON.stringify(reference))
    }
  })

  it("[Q2] more ids than are remembered are the same as before", () => {
    const perspective: Perspective = { releaseName: "r1" }
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 1_500; index++) {
        const documentId = resolve({ documentId: `book-${index}`, perspective })
        assert.strictEqual(publishedIdOf(documentId ?? ""), `book-${index}`)
      }
    }
  })
})
