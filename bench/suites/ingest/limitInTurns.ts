/** The same as the limit, but what arrives waits for the next turn of the event loop, as in ours. */
import type { Measure } from "../../suite.ts"
import { asIs, type Client, drive, type Input } from "./drive.ts"
import { makeMap } from "./limit.ts"

const makeClient = (): Client<string> => {
  const { handle, places } = makeMap()
  let arrived: Array<string> = []
  let version = 0
  const flush = () => {
    for (const frame of arrived) handle(frame)
    arrived = []
    version += 1
  }
  return {
    prepare: asIs,
    deliver: (frame) => {
      if (arrived.push(frame) === 1) setImmediate(flush)
    },
    version: () => version,
    places
  }
}

export const measure: Measure<Input> = (input) => drive(makeClient(), input)
