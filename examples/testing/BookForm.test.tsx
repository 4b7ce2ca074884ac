// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor } from "@testing-library/react"
import { userEvent } from "@testing-library/user-event"
import { afterEach, beforeEach, expect, it } from "vitest"
import { PresenceProvider } from "../../src/react/index.ts"
import { makeTestRoom, type TestRoomHandle } from "../../src/testing/index.ts"
import { BookForm } from "./BookForm.tsx"

let room: TestRoomHandle
beforeEach(() => {
  room = makeTestRoom()
  render(
    <PresenceProvider layer={room.layer}>
      <BookForm documentId="book" />
    </PresenceProvider>
  )
})
afterEach(async () => {
  cleanup()
  await room.close()
})

it("shows who is in the title, until they leave", async () => {
  const ada = await room.join("Ada Lovelace")
  await ada.focus({ documentId: "book", path: ["title"] })
  expect(await screen.findByText("Ada Lovelace here, too")).toBeTruthy()

  await ada.leave()
  await waitFor(() => expect(screen.queryByText("Ada Lovelace here, too")).toBeNull())
})

it("tells others that somebody is in the title", async () => {
  await userEvent.click(screen.getByLabelText("Title"))
  await waitFor(() =>
    expect(room.reported()).toMatchObject([{ documentId: "drafts.book", path: ["title"] }])
  )
})
