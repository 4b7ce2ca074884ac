/**
 * Awareness of y-protocols with the same content: its own binary updates, made by the others' side of
 * it before the clock runs, where everyone else parses JSON.
 */
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from "y-protocols/awareness"
import { Doc } from "yjs"
import type { Measure } from "../../suite.ts"
import { type Client, drive, type Input } from "./drive.ts"
import { placeOf, type Wire } from "./traffic.ts"

/** The client id by which awareness knows a session. */
const makeIds = () => {
  const ids = new Map<string, number>()
  return (session: string) => {
    const id = ids.get(session) ?? ids.size + 1
    ids.set(session, id)
    return id
  }
}

/** Turns a frame into the update that a room of awareness would send for it. */
const makeEncoder = () => {
  const idOf = makeIds()
  const clocks = new Map<number, number>()
  const others = new Awareness(new Doc())
  return (frame: string): Uint8Array => {
    const event: Wire = JSON.parse(frame).params.result
    const isState = event.type === "state"
    const id = idOf(isState ? event.m.sessionId : event.m.session)
    const clock = (clocks.get(id) ?? 0) + 1
    clocks.set(id, clock)
    others.meta.set(id, { clock, lastUpdated: 0 })
    if (isState) {
      const { locations, sessionId } = event.m
      others.states.set(id, { userId: event.i, sessionId, locations })
    } else others.states.delete(id)
    return encodeAwarenessUpdate(others, [id])
  }
}

/** Awareness of a room. */
export const makeClient = (): Client<Uint8Array> => {
  const awareness = new Awareness(new Doc())
  awareness.setLocalState(null)
  return {
    prepare: makeEncoder(),
    deliver: (update) => applyAwarenessUpdate(awareness, update, "room"),
    places: () =>
      new Map(
        Array.from(awareness.getStates().values(), (state) => {
          const { locations, sessionId } = state
          return [sessionId, placeOf(locations[0].documentId, locations[0].path)]
        })
      )
  }
}

export const measure: Measure<Input> = (input) => drive(makeClient(), input)
