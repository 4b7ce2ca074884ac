import { assert, describe, it } from "@effect/vitest"
import { describeNews } from "../../src/react/components/news.ts"

const nobody = { came: [], left: [], moved: [] }
const ada = { name: "Ada", to: "title" }

describe("news of a document as a sentence", () => {
  it("[H5] names those who move at once, without each place", () => {
    assert.strictEqual(describeNews({ ...nobody, moved: [ada] }), "Ada went to title.")
    const moved = [ada, { name: "Alan", to: "body" }]
    assert.strictEqual(describeNews({ ...nobody, moved }), "Ada and Alan moved.")
  })

  it("[H5] calls the document itself as it is called", () => {
    const moved = [{ name: "Ada", to: "" }]
    assert.strictEqual(describeNews({ ...nobody, moved }), "Ada went to this document.")
    assert.strictEqual(describeNews({ ...nobody, moved }, "A book"), "Ada went to A book.")
  })

  it("[H5] names three people at most, and says how many more", () => {
    const came = ["Ada", "Alan", "Grace", "Kurt", "Emmy"]
    const four = came.slice(0, 4)
    assert.strictEqual(
      describeNews({ ...nobody, came, left: four }),
      "Ada, Alan, Grace and 2 more came to this document; Ada, Alan, Grace and 1 more left this document."
    )
  })

  it("is empty where there are none", () => {
    assert.strictEqual(describeNews(nobody), "")
  })
})
