/** The presence store of `@sanity/sdk`. */
import { createClient } from "@sanity/client"
import { createSanityInstance, getPresence } from "@sanity/sdk"
import type { Measure } from "../../suite.ts"
import { asIs, drive, type Input, turn } from "./drive.ts"
import { deliver, isListening, RoomSocket } from "./RoomSocket.ts"
import { placeOf } from "./traffic.ts"

/** Profiles as Sanity answers them, at once. */
const answer = (input: string | URL | Request): Response => {
  const { pathname } = new URL(input instanceof Request ? input.url : input)
  const id = pathname.split("/").at(-1) ?? ""
  const profile = { id, displayName: id, email: "", provider: "sanity", createdAt: "2026-11-24" }
  const body = { sanityUserId: id, profile, memberships: [] }
  return new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } })
}

Object.assign(globalThis, {
  WebSocket: RoomSocket,
  fetch: async (input: string | URL | Request) => answer(input)
})

export const measure: Measure<Input> = async (input) => {
  const instance = createSanityInstance({
    projectId: "demo",
    dataset: "demo",
    auth: { token: "p-ada", clientFactory: createClient }
  })
  const presence = getPresence(instance)
  let version = 0
  presence.subscribe(() => {
    version += 1
  })
  while (!isListening()) await turn()
  return drive(
    {
      prepare: asIs,
      deliver,
      version: () => version,
      places: () =>
        new Map(
          presence
            .getCurrent()
            .map(({ locations: [location], sessionId }) => [
              sessionId,
              placeOf(location?.documentId ?? "", location?.path ?? [])
            ])
        )
    },
    input
  )
}
