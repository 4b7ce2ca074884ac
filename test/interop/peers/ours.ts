/** A peer on this library, without Effect. */
import * as Schema from "effect/Schema"
import { createPresence } from "../../../src/index.ts"
import { Person } from "../PeerProtocol.ts"
import { serve } from "./serve.ts"

const decodeLocations = Schema.decodeUnknownSync(Person.fields.locations)

await serve(({ announceInterval, canvasId, dataset, projectId, token, url }, say) => {
  const presence = createPresence({
    ...(canvasId === undefined ? { projectId, dataset } : { canvasId }),
    apiHost: url,
    token,
    config: { announceInterval }
  })
  const people = presence.getPresenceLocations()
  const look = () =>
    say({
      type: "people",
      people: people.getCurrent().map(({ locations, sessionId, user }) => ({
        userId: user.id,
        displayName: user.displayName,
        sessionId,
        locations: decodeLocations(locations)
      }))
    })
  const stop = people.subscribe(look)
  look()

  return {
    report: presence.reportPresence,
    leave: () => {
      stop()
      return presence.close()
    }
  }
})
