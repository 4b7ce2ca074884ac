import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { placesOf } from "../../../src/cli/announce/places.ts"
import { developmentName } from "../../../src/cli/room/RoomTarget.ts"

const places = (
  document: ReadonlyArray<string>,
  path: ReadonlyArray<string> = [],
  perspective?: string
) => Result.getOrElse(placesOf({ document, path, perspective }), (problem) => problem)

describe("the places that flags name", () => {
  it("are documents, in the versions that their ids name", () => {
    assert.deepStrictEqual(places(["book", "versions.summer.page"]), [
      { documentId: "book", perspective: undefined },
      { documentId: "versions.summer.page", perspective: "summer" }
    ])
  })

  it("are fields of one document, as Sanity writes them", () => {
    assert.deepStrictEqual(
      places(["book"], ["title", 'body[_key=="a1"].children[0]'], "published"),
      [
        { documentId: "book", perspective: "published", path: ["title"] },
        {
          documentId: "book",
          perspective: "published",
          path: ["body", { _key: "a1" }, "children", 0]
        }
      ]
    )
  })

  for (const path of ["", "a..b", "a.", "body[", 'body[_key="a1"]']) {
    it(`are none with the path "${path}"`, () => {
      assert.match(String(places(["book"], [path])), /is no path/)
    })
  }

  it("are none with a path that could be in either of two documents, or an id that Sanity does not allow", () => {
    assert.match(String(places(["a", "b"], ["title"])), /one document/)
    assert.match(String(places(["a b"])), /"a b" is no document/)
    assert.match(String(places(["a"], [], "no.release")), /no\.release/)
  })

  const token = `sk${"aB3".repeat(20)}`
  it.each([
    ["the document", places([token])],
    ["one of the documents", places(["book", token])],
    ["its draft", places([`drafts.${token}`])],
    ["the field", places(["book"], [token])],
    ["the perspective", places(["book"], [], token)],
    ["a document that is too long to be one", places([token.repeat(3)])],
    ["a part of what is no path", places(["book"], [`${token}[`])]
  ])("[T5] are none where %s looks like a token, which is not repeated", (_, problem) => {
    assert.match(String(problem), /looks like a token/)
    assert.notInclude(String(problem), token)
  })

  it("[T5] are not said with anything else that is as long as a token", () => {
    const secret = "aB3".repeat(50)
    for (const problem of [
      places([`${secret} `]),
      places(["book"], [`${secret}[`]),
      places(["a"], [], `${secret}.b`)
    ]) {
      assert.match(String(problem), /"…/)
      assert.notInclude(String(problem), "aB3aB3")
    }
  })

  it("[T5] are those of ids that only begin as a token does", () => {
    const slug = "sk-a-page-in-slovak-with-a-long-name-of-many-words"
    assert.deepStrictEqual(places([slug]), [{ documentId: slug, perspective: undefined }])
    assert.isArray(places(["skyline"]))
  })
})

describe("a name for a relay in development", () => {
  for (const [login, name] of [
    ["ada", "p-ada"],
    ["Ada Lovelace", "p-ada-lovelace"],
    ["DOMAIN\\ada", "p-domain-ada"],
    ["愛", "p-somebody"],
    ["", "p-somebody"]
  ] as const) {
    it(`of "${login}" is ${name}`, () => {
      assert.strictEqual(developmentName(login), name)
    })
  }
})
