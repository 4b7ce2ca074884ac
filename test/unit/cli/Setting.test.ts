import { assert, describe, it } from "@effect/vitest"
import { withoutUser } from "../../../src/cli/Setting.ts"
import { developmentName } from "../../../src/cli/room/RoomTarget.ts"

describe("an address", () => {
  it.each([
    ["nats://relay:secret@host", "nats://…@host"],
    ["nats://a:b@c:d@host,nats://e:f@g", "nats://…@g"],
    ["https://host/a@b", "https://…@b"],
    ["https://host", "https://host"],
    ["a@b", "a@b"],
    ["a@b//c", "a@b//c"],
    ["", ""]
  ])("[T5] %s is shown as %s", (text, shown) => {
    assert.strictEqual(withoutUser(text), shown)
  })
})

describe("what was written", () => {
  it("takes no time, however it was made", () => {
    const start = performance.now()
    assert.lengthOf(withoutUser("/".repeat(200_000)), 200_000)
    assert.strictEqual(developmentName(`${"-".repeat(200_000)}Ada`), "p-ada")
    assert.strictEqual(developmentName("-_".repeat(100_000)), "p-somebody")
    assert.isBelow(performance.now() - start, 500)
  })
})
