import { afterEach, assert, beforeEach, describe, expect, it, vi } from "vitest"
import * as Effect from "effect/Effect"
import { createPresence } from "../../src/index.ts"
import { makeTestRoom, type TestRoomHandle } from "../../src/testing/index.ts"
import { valueOf } from "../support/valueOf.ts"

describe("makeTestRoom refuses what would never show", () => {
  let room: TestRoomHandle
  beforeEach(() => {
    room = makeTestRoom()
  })
  afterEach(() => room.close())

  it("a move of somebody who has left or crashed", async () => {
    const ada = await room.join("Ada Lovelace")
    await ada.leave()
    await expect(ada.focus({ documentId: "book" })).rejects.toThrow("join as Ada Lovelace again")
    const bob = await room.join("Bob")
    await bob.crash()
    await expect(bob.move([])).rejects.toThrow("Bob is gone")
    await bob.leave()
  })

  it("a document that Sanity does not allow", async () => {
    const ada = await room.join("Ada Lovelace")
    await expect(ada.focus({ documentId: "a b" })).rejects.toThrow('"a b"')
    const place = { documentId: "book", perspective: "r.1" }
    await expect(room.join("Bob", place)).rejects.toThrow('"r.1"')
  })

  it("a path that is none", async () => {
    const ada = await room.join("Ada Lovelace")
    const path = [""].fill("a".repeat(1_000))
    await expect(ada.focus({ documentId: "book", path })).rejects.toThrow("no such place")
  })

  it("a name that would be the user who is tested", async () => {
    await expect(room.join("Self")).rejects.toThrow("take another name")
  })

  it("whoever comes, or moves, when it is closed", async () => {
    const bob = await room.join("Bob")
    await room.close()
    await expect(bob.focus({ documentId: "book" })).rejects.toThrow("room is closed")
    await expect(room.join("Ada Lovelace")).rejects.toThrow("room is closed")
  })
})

describe("makeTestRoom says", () => {
  it("where others see who is tested, until that has left", async () => {
    const room = makeTestRoom()
    assert.isUndefined(room.reported())
    const presence = createPresence({ layer: room.layer })
    presence.reportPresence([{ documentId: "book", path: ["title"] }])
    await vi.waitFor(() => assert.deepInclude(room.reported()?.[0], { path: ["title"] }))
    await presence.close()
    assert.isUndefined(room.reported())
    await room.close()
  })

  it("what its people are called", async () => {
    const room = makeTestRoom()
    const presence = createPresence({ layer: room.layer })
    await room.join("Ada Lovelace", { documentId: "book" })
    const people = await Effect.runPromise(
      valueOf(presence.getPresenceLocations(), (locations) =>
        locations.some(({ user }) => user.displayName !== user.id)
      )
    )
    assert.deepStrictEqual(
      people.map(({ user }) => user.displayName),
      ["Ada Lovelace"]
    )
    await presence.close()
    await room.close()
  })
})
