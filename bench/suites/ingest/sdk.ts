/** The presence store of `@sanity/sdk`. */
import { createSanityInstance, getPresence } from "@sanity/sdk"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { startRelay } from "../../processes/child.ts"
import type { Measure } from "../../suite.ts"
import { asIs, type Client, drive, type Input, turn } from "./drive.ts"
import { deliver, isListening, RoomSocket } from "./RoomSocket.ts"
import { placeOf } from "./traffic.ts"

Object.assign(globalThis, { WebSocket: RoomSocket })

/** A store of the SDK in the room. A relay in a process of its own answers whose profile is asked for. */
export const join = async () => {
  const scope = await Effect.runPromise(Scope.make())
  const apiHost = await Effect.runPromise(Scope.provide(startRelay, scope))
  const instance = createSanityInstance({
    projectId: "demo",
    dataset: "demo",
    auth: { token: "p-ada", apiHost },
    useProjectHostname: false
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
      presence.getCurrent().every(({ user }) => user.profile.displayName !== "Unknown user"),
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
