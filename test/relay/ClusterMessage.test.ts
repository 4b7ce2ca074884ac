import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { inPieces } from "../../src/relay/ClusterMessage.ts"

const lengthOf = ({ length }: string): number => length
const most = 256 * 1024

describe("what one message can't carry", () => {
  const Lengths = Schema.Array(
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: most * 2 }))
  )

  it.prop(
    "[S9] goes in pieces, in its order: none larger than it may be, but of one item alone",
    [Lengths.check(Schema.isMaxLength(20))],
    ([lengths]) => {
      const items = lengths.map((length, n) => String(n % 10).repeat(length))
      const pieces = inPieces(items, lengthOf)
      assert.deepStrictEqual(pieces.flat(), items)
      for (const piece of pieces) {
        const size = piece.reduce((sum, { length }) => sum + length, 0)
        // An empty one adds nothing to one that is too large by itself.
        assert.isTrue(size <= most || piece.filter(({ length }) => length > 0).length === 1)
      }
    }
  )

  it("[S9] is one piece where it is nothing, and as few as it takes where it is much", () => {
    assert.deepStrictEqual(inPieces([], lengthOf), [[]])
    const items = Array.from({ length: 10 }, () => "x".repeat(most / 4))
    assert.deepStrictEqual(
      inPieces(items, lengthOf).map(({ length }) => length),
      [4, 4, 2]
    )
  })
})
