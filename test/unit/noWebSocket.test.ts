import { afterEach, assert, describe, it, vi } from "@effect/vitest"
import { createPresence } from "../../src/index.ts"

describe("a platform without a WebSocket", () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it("[C8] is told what it lacks, at once, and is not asked again", async () => {
    vi.stubGlobal("WebSocket", undefined)
    const presence = createPresence({ projectId: "abc", dataset: "d", token: "t" })
    const error = await presence.ready().then(
      () => undefined,
      (error: unknown) => error
    )
    assert.match(String(error), /There is no WebSocket here\. Use Node\.js 22\.12/)
    assert.strictEqual(presence.getStatus().getCurrent()._tag, "Failed")
    await presence.close()
  })
})
