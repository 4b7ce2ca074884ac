import { assert, describe, it } from "@effect/vitest"
import { ConnectionStatus } from "../../src/index.ts"

const said: ReadonlyArray<readonly [ConnectionStatus.ConnectionStatus, string]> = [
  [{ _tag: "Connecting" }, "Connecting…"],
  [{ _tag: "Connected", generation: 1, since: 0 }, "Connected."],
  [
    { _tag: "Reconnecting", attempt: 1, retryAt: 0, reason: "the network was cut" },
    "Not connected: the network was cut. It is tried again by itself."
  ],
  [{ _tag: "Offline" }, "You are offline. Presence comes back with the network."],
  [
    { _tag: "Unauthorized", reason: "expired" },
    "The token was refused: expired. Sign in again, or give a token that is valid for this project."
  ],
  [
    { _tag: "Unauthorized", reason: "Use the name of a user." },
    "The token was refused. Use the name of a user."
  ],
  [{ _tag: "Failed", reason: "There is no WebSocket here." }, "There is no WebSocket here."],
  [{ _tag: "Paused" }, "Paused while the page is hidden."],
  [{ _tag: "Closed" }, "Disconnected."]
]

describe("the status of the connection", () => {
  it.each(said)("[C8] says of %j what is the case, and what to do", (status, words) => {
    assert.strictEqual(ConnectionStatus.describe(status), words)
  })

  it("is permanent where only a person or the app can change it", () => {
    const permanent = said.flatMap(([status]) =>
      ConnectionStatus.isPermanent(status) ? [status._tag] : []
    )
    assert.deepStrictEqual(permanent, ["Unauthorized", "Unauthorized", "Failed"])
  })
})
