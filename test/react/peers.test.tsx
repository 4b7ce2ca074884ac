// @vitest-environment happy-dom
/** What the App SDK's own tests ask of its hooks, where no other test of ours asks it. */
import { assert, describe, it, vi } from "@effect/vitest"
import { createClient } from "@sanity/client"
import { render } from "@testing-library/react"
import type { ReactNode } from "react"
import { PresenceError } from "../../src/index.ts"
import {
  PresenceProvider,
  usePresence,
  useReportPresence,
  type UseReportPresenceOptions
} from "../../src/react/index.ts"
import { connect, fakePresence, makeBoundary, withFakeClocks } from "./support/room.tsx"

withFakeClocks()

const announceOf = async (at: UseReportPresenceOptions) => {
  const Reporter = (): ReactNode => {
    useReportPresence(at)
    return null
  }
  const { layer, sockets } = fakePresence()
  render(
    <PresenceProvider layer={layer}>
      <Reporter />
    </PresenceProvider>
  )
  const socket = await connect(sockets)
  const message = socket.sent.find(({ method }) => method === "presence_announce")
  assert.isDefined(message)
  const { data } = message.params as { data: { locations: ReadonlyArray<object> } }
  return data.locations.map((location) => ({ ...location, lastActiveAt: "" }))
}

describe("useReportPresence", () => {
  it("announces a document by its id and an empty path, without a field for a selection", async () => {
    assert.deepStrictEqual<unknown>(await announceOf({ documentId: "a" }), [
      { type: "document", documentId: "drafts.a", path: [], lastActiveAt: "" }
    ])
  })

  it("announces keys and a selection as they were given", async () => {
    const point = (offset: number) => ({ path: [{ _key: "b" }, "children", { _key: "s" }], offset })
    const at = {
      path: ["body", { _key: "b" }, "children", { _key: "s" }, "text"],
      selection: { anchor: point(1), focus: point(4) }
    }
    assert.deepStrictEqual<unknown>(await announceOf({ documentId: "a", ...at }), [
      { type: "document", documentId: "drafts.a", ...at, lastActiveAt: "" }
    ])
  })
})

describe("usePresence", () => {
  it("throws a typed error in a media library, which has no presence", () => {
    const onError = vi.spyOn(console, "error").mockImplementation(() => {})
    const { Boundary, errors } = makeBoundary()
    const People = (): ReactNode => usePresence().locations.length
    const client = createClient({
      resource: { type: "media-library", id: "m" },
      apiVersion: "2026-01-01",
      useCdn: false
    })
    render(
      <Boundary>
        <PresenceProvider client={client}>
          <People />
        </PresenceProvider>
      </Boundary>
    )
    onError.mockRestore()
    const [caught] = errors
    assert.instanceOf(caught, PresenceError)
    assert.strictEqual(caught.reason._tag, "UnsupportedResource")
  })
})
