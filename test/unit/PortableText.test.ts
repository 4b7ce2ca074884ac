import { assert, describe, it } from "@effect/vitest"
import type { EditorSelection, RangeDecoration } from "@portabletext/editor"
import { PortableText, type Selection } from "../../src/index.ts"

const { fitSelection, toEditorSelection } = PortableText

const at = (offset: number, span = "s", block = "a") => ({
  path: [{ _key: block }, "children", { _key: span }],
  offset
})
const value = [
  {
    _key: "a",
    _type: "block",
    children: [
      { _key: "s", _type: "span", text: "Hello" },
      { _key: "i", _type: "image" },
      { _key: "t", _type: "span", text: ", you" }
    ]
  },
  { _key: "b", _type: "image" }
]

/** Types: what the editor selects is reported as it is, and what others report is shown with a copy. */
export const report = (selection: EditorSelection): Selection => selection
export const show = (selection: Selection): RangeDecoration["selection"] =>
  toEditorSelection(selection)

describe("toEditorSelection", () => {
  it("copies", () => {
    const selection: Selection = {
      anchor: { path: [0, "children", ["", 2]], offset: 1 },
      focus: at(4),
      backward: false
    }
    const copy = toEditorSelection(selection)
    assert.deepStrictEqual<unknown>(copy, selection)
    assert.notStrictEqual<unknown>(copy?.focus.path, selection.focus.path)
    assert.notStrictEqual<unknown>(copy?.focus.path[0], selection.focus.path[0])
    assert.notStrictEqual<unknown>(copy?.anchor.path[2], selection.anchor.path[2])
    assert.isNull(toEditorSelection(null))
    assert.notProperty(toEditorSelection({ anchor: at(0), focus: at(0) }), "backward")
  })
})

describe("fitSelection", () => {
  it("leaves alone what fits", () => {
    const selection = { anchor: at(5), focus: at(2, "t"), backward: true }
    assert.deepStrictEqual<unknown>(fitSelection(selection, value), selection)
  })

  it("finds blocks by index too, and says them by key", () => {
    const point = { path: [0, "children", { _key: "s" }], offset: 3 }
    assert.deepStrictEqual<unknown>(fitSelection({ anchor: point, focus: point }, value), {
      anchor: at(3),
      focus: at(3)
    })
    const afterObject = { path: [0, "children", 2], offset: 1 }
    assert.deepStrictEqual<unknown>(
      fitSelection({ anchor: afterObject, focus: afterObject }, value)?.focus,
      at(1, "t")
    )
  })

  it("moves an offset beyond the text to its end", () => {
    assert.deepStrictEqual<unknown>(fitSelection({ anchor: at(-3), focus: at(99) }, value), {
      anchor: at(0),
      focus: at(5)
    })
    assert.strictEqual(fitSelection({ anchor: at(1.5), focus: at(1e300) }, value)?.anchor.offset, 1)
  })

  it.each([
    { path: [], offset: 0 },
    at(0, "s", "elsewhere"),
    at(0, "elsewhere"),
    at(0, "i"),
    at(0, "s", "b"),
    { path: [{ _key: "a" }], offset: 0 },
    { path: [{ _key: "a" }, "markDefs", { _key: "s" }], offset: 0 },
    { path: [{ _key: "a" }, "children", { _key: "s" }, "text"], offset: 0 },
    { path: [-1, "children", 0], offset: 0 },
    { path: [0, "children", 1], offset: 0 },
    { path: ["__proto__", "children", "constructor"], offset: 0 }
  ])("is null for what is not here: %j", (point) => {
    assert.isNull(fitSelection({ anchor: at(0), focus: point }, value))
    assert.isNull(fitSelection({ anchor: point, focus: at(0) }, value))
  })

  it("is null for no selection, and for no text", () => {
    assert.isNull(fitSelection(undefined, value))
    assert.isNull(fitSelection(null, value))
    assert.isNull(fitSelection({ anchor: at(0), focus: at(0) }, []))
  })
})
