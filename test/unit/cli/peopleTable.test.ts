import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { tableLines } from "../../../src/cli/room/peopleTable.ts"
import { fit, printable, printableJson, widthOf } from "../../../src/cli/terminal/printable.ts"

const Row = Schema.Struct({
  user: Schema.String,
  document: Schema.String,
  field: Schema.String,
  active: Schema.String
})

const Width = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 120 }))

const clean = ({ active, document, field, user }: typeof Row.Type) => ({
  user: printable(user),
  document: printable(document),
  field: printable(field),
  active: printable(active)
})

describe("a table on a terminal", () => {
  it.prop(
    "[T4] fits any width, whatever the names are",
    { rows: Schema.Array(Row), width: Width },
    ({ rows, width }) => {
      const { head, lines } = tableLines(rows.map(clean), width)
      for (const line of [head ?? "", ...lines]) assert.isAtMost(widthOf(line), width)
    }
  )

  it("[T4] takes the room that its texts need, and no more", () => {
    const row = { user: "Ada", document: "drafts.book", field: "title", active: "" }
    assert.deepStrictEqual(tableLines([row], Number.POSITIVE_INFINITY), {
      head: "USER  DOCUMENT     FIELD  LAST ACTIVE",
      lines: ["Ada   drafts.book  title"]
    })
  })

  it("[T4] shortens the widest column first, and stacks what does not fit at all", () => {
    const row = {
      user: "Ada Lovelace",
      document: "drafts.a-very-long-id-of-a-document",
      field: "title",
      active: ""
    }
    assert.deepStrictEqual(tableLines([row], 50).lines, ["Ada Lovelace  drafts.a-very-l…  title"])
    assert.deepStrictEqual(tableLines([row], 20), {
      head: undefined,
      lines: ["Ada Lovelace", "  drafts.a-very-lon…", "    title"]
    })
  })

  it("[T4] counts what wide characters take", () => {
    assert.strictEqual(widthOf("日本"), 4)
    assert.strictEqual(fit("日本語", 5), "日本…")
  })
})

describe("texts of others", () => {
  it.prop("[T4] do nothing to a terminal", { text: Schema.String }, ({ text }) => {
    assert.notMatch(printable(text), /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u)
  })

  it.prop(
    "[T4] are the same again when they are read as JSON",
    { text: Schema.String },
    ({ text }) => {
      const json = printableJson({ text })
      assert.notMatch(json, /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u)
      assert.deepStrictEqual(JSON.parse(json), { text })
    }
  )
})
