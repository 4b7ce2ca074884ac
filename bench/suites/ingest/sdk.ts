/** The presence store of `@sanity/sdk`. */
import { createClient } from "@sanity/client"
import { createSanityInstance, getPresence } from "@sanity/sdk"
import type { Measure } from "../../suite.ts"
import { asIs, type Client, drive, type Input, turn } from "./drive.ts"
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

/** A store of the SDK in the room. */
export const join = async () => {
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
  const client: Client<string> = {
    prepare: asIs,
    deliver,
    version: () => version,
    isSettled: () =>
      presence.getCurrent().every(({ user }) => user.profile.displayName.startsWith("p-")),
    places: () =>
      new Map(
        presence
          .getCurrent()
          .map(({ locations: [location], sessionId }) => [
            sessionId,
            placeOf(location?.documentId ?? "", location?.path ?? [])
          ])
      )
  }
  return { client, instance, presence }
}

export const measure: Measure<Input> = async (input) => drive((await join()).client, input)
