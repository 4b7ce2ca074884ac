import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { projectOfHost, roomKey } from "../../src/relay/RoomAddress.ts"

describe("projectOfHost", () => {
  it.each([
    ["abc123.localhost:4000", "abc123"],
    ["abc123.localhost", "abc123"],
    ["ABC123.relay.example.com:443", "abc123"],
    ["abc-123.localhost.:80", "abc-123"],
    ["localhost:4000", undefined],
    ["localhost", undefined],
    ["127.0.0.1:4000", undefined],
    ["10.0.0.12", undefined],
    ["[::1]:4000", undefined],
    [".localhost", undefined],
    ["", undefined],
    [undefined, undefined]
  ])("reads %s as %s", (host, project) => {
    assert.strictEqual(projectOfHost(host), project)
  })
})

describe("roomKey", () => {
  const names = Schema.Struct({ project: Schema.String, dataset: Schema.String })

  it.prop("never gives two datasets one key", { a: names, b: names }, ({ a, b }) => {
    const isSame = a.project === b.project && a.dataset === b.dataset
    const key = (of: typeof a) => roomKey({ _tag: "Dataset", ...of })
    assert.strictEqual(key(a) === key(b), isSame)
  })

  it("keeps a dash in a project apart from a dash in a dataset", () => {
    assert.notStrictEqual(
      roomKey({ _tag: "Dataset", project: "a-b", dataset: "c" }),
      roomKey({ _tag: "Dataset", project: "a", dataset: "b-c" })
    )
  })

  it("keeps a canvas apart from a dataset of its name", () => {
    assert.notStrictEqual(
      roomKey({ _tag: "Canvas", canvas: "c" }),
      roomKey({ _tag: "Dataset", project: "canvas", dataset: "c" })
    )
  })
})
