/** `@sanity/bifur-client`, and a reducer as one would write it by hand. */
import { fromUrl } from "@sanity/bifur-client"
import type { Measure } from "../../suite.ts"
import { asIs, drive, type Input, turn } from "./drive.ts"
import { deliver, isListening, RoomSocket } from "./RoomSocket.ts"
import { placeOf, type Wire } from "./traffic.ts"

Object.assign(globalThis, { WebSocket: RoomSocket })

type Sessions = ReadonlyMap<string, { readonly event: Wire; readonly heardAt: number }>

const reduce = (sessions: Sessions, event: Wire): Sessions => {
  const next = new Map(sessions)
  if (event.type === "state") next.set(event.m.sessionId, { event, heardAt: Date.now() })
  else next.delete(event.m.session)
  return next
}

export const measure: Measure<Input> = async (input) => {
  const bifur = fromUrl("ws://room")
  let sessions: Sessions = new Map()
  bifur.listen<Wire>("presence").subscribe((event) => {
    sessions = reduce(sessions, event)
  })
  bifur.request("presence_rollcall", { session: "own" }).subscribe()
  while (!isListening()) await turn()
  return drive(
    {
      prepare: asIs,
      deliver,
      places: () =>
        new Map(
          Array.from(sessions, ([sessionId, { event }]) => {
            const [location] = event.m.locations
            return [sessionId, placeOf(location?.documentId ?? "", location?.path ?? [])]
          })
        )
    },
    input
  )
}
