/** The least that anyone can do: parse a frame, and remember it. */
import type { Measure } from "../../suite.ts"
import { asIs, type Client, drive, type Input } from "./drive.ts"
import { placeOf } from "./traffic.ts"

/** A map of what was said last. */
export const makeMap = () => {
  const sessions = new Map<string, ReadonlyArray<{ documentId: string; path: Array<string> }>>()
  return {
    handle: (frame: string) => {
      const { i, m, type } = JSON.parse(frame).params.result
      if (type === "state") sessions.set(i + m.sessionId, m.locations)
      else sessions.delete(i + m.session)
    },
    places: () =>
      new Map(
        Array.from(sessions, ([key, [location]]) => [
          key.slice(key.indexOf("s-")),
          placeOf(location?.documentId ?? "", location?.path ?? [])
        ])
      )
  }
}

/** A client that does it within the call. */
export const makeClient = (): Client<string> => {
  const { handle, places } = makeMap()
  return { prepare: asIs, deliver: handle, places }
}

export const measure: Measure<Input> = (input) => drive(makeClient(), input)
