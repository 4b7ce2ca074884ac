import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { makeTestRoom, type TestRoomHandle } from "../../src/testing/index.ts"

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
