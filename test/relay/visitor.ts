/** Who comes to a relay's front door in tests, and what the relay counts of them. */
import { assert } from "@effect/vitest"
import * as NodeWS from "@effect/platform-node/NodeWS"
import * as Effect from "effect/Effect"
import type { Refusal } from "../../src/relay/RelayCounts.ts"
import { parsePrometheus } from "./http/PrometheusParser.ts"
import { eventually } from "./RawSocket.ts"
import { join, state } from "./RelayClient.ts"

/** The rooms of these tests. */
export const path = "/v2022-06-30/socket/production"
export const other = "/v2022-06-30/socket/other"

export type Headers = { readonly [name: string]: string }

/** What the relay says of itself. */
export const metric = async (url: string, name: string, labels = ""): Promise<number> => {
  const families = parsePrometheus(await (await fetch(`${url}/metrics`)).text())
  const value = families.get(`sanity_presence_relay_${name}`)?.samples.get(labels)
  if (value === undefined) throw new Error(`no ${name}{${labels}}`)
  return value
}

/** How often the relay has refused something for a reason. */
export const refusals = (url: string, reason: Refusal) =>
  Effect.promise(() => metric(url, "refusals_total", `reason="${reason}"`))

/** Waits until the relay has so many connections. */
export const connections = (url: string, count: number) =>
  eventually(`${count} connections`, async () => (await metric(url, "connections")) === count)

/** Asks for a WebSocket: the answer's status and body, 101 where there is one. */
export const ask = (url: string, headers: Headers = {}, at = path) =>
  Effect.acquireRelease(
    Effect.callback<{ status: number; body: unknown; webSocket: NodeWS.WebSocket }>((resume) => {
      const webSocket = new NodeWS.WebSocket(url.replace(/^http/, "ws") + at, { headers })
      webSocket.on("error", () => undefined)
      webSocket.on("open", () => resume(Effect.succeed({ status: 101, body: {}, webSocket })))
      webSocket.on("unexpected-response", (_, response) => {
        let text = ""
        response.on("data", (chunk) => (text += String(chunk)))
        response.on("end", () => {
          const body: unknown = JSON.parse(text)
          resume(Effect.succeed({ status: response.statusCode ?? 0, body, webSocket }))
        })
      })
    }),
    ({ webSocket }) => Effect.sync(() => webSocket.terminate())
  )

/** Two who see each other, as they go on doing whatever happens around them. */
export const couple = Effect.fnUntraced(function* (url: string, at = path) {
  const ada = yield* join(url, "p-ada", at)
  const bob = yield* join(url, "p-bob", at)
  let step = 0
  return Effect.gen(function* () {
    yield* ada.announce("s", [++step])
    assert.deepEqual(yield* bob.next, state("p-ada", "s", [step]))
  })
})
