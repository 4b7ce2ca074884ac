import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { fromReported, isSameLocation, isSameLocations, Location } from "../../src/Location.ts"

const Place = Schema.Struct({
  documentId: Location.fields.documentId,
  path: Location.fields.path,
  selection: Location.fields.selection
})
const isSamePlace = Schema.toEquivalence(Place)

const copy = <A>(value: A): unknown => structuredClone(value)
const decode = Schema.decodeUnknownSync(Location)

describe("Location", () => {
  it.prop(
    "is the same place as its copy, whenever either was last active",
    [Location, Schema.String],
    ([location, lastActiveAt]) => {
      assert.isTrue(isSameLocation(location, { ...decode(copy(location)), lastActiveAt }))
    }
  )

  it.prop("agrees with an equivalence derived from the schema", [Location, Location], ([a, b]) => {
    // A missing selection and a null one are the same place, which only the hand-written one knows.
    const normal = (location: Location) => ({
      ...location,
      selection: withDefault(location.selection)
    })
    assert.strictEqual(isSameLocation(a, b), isSamePlace(normal(a), normal(b)))
  })

  it.prop("tells one changed part apart", [Location, Schema.String], ([location, other]) => {
    const moved = { ...location, path: [...location.path, other] }
    assert.isFalse(isSameLocation(location, moved))
    assert.isFalse(
      isSameLocation(location, { ...location, documentId: `${location.documentId}-${other}` })
    )
  })

  it.prop("survives JSON", [Location], ([location]) => {
    assert.isTrue(isSameLocation(decode(JSON.parse(JSON.stringify(location))), location))
  })

  it("compares keyed segments by key, tuples by their ends", () => {
    const at = (...path: Location["path"]) => fromReported({ documentId: "a", path }, "")
    assert.isTrue(isSameLocation(at({ _key: "x" }), at({ _key: "x" })))
    assert.isFalse(isSameLocation(at({ _key: "x" }), at({ _key: "y" })))
    assert.isFalse(isSameLocation(at({ _key: "x" }), at("x")))
    assert.isTrue(isSameLocation(at([1, ""]), at([1, ""])))
    assert.isFalse(isSameLocation(at([1, ""]), at([1, 2])))
    assert.isFalse(isSameLocation(at([1, 2]), at({ _key: "1" })))
    assert.isFalse(isSameLocations([at("x")], [at("x"), at("y")]))
  })

  it("leaves out fields that it does not know", () => {
    const location = fromReported({ documentId: "a" }, "2026-01-01T00:00:00Z")
    assert.deepStrictEqual(decode({ ...location, deviceId: 7 }), location)
  })
})

const withDefault = (selection: Location["selection"]) =>
  selection == null ? null : { ...selection, backward: selection.backward ?? false }
