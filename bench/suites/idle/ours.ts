/** The whole client. */
import type { Measure } from "../../suite.ts"
import { idle, type Input } from "./idle.ts"

export const measure: Measure<Input> = (input) =>
  idle(input, async ({ dataset, documentId, projectId, url }) => {
    const { createPresence } = await import("../../../src/index.ts")
    const presence = createPresence({ projectId, dataset, apiHost: url, token: "p-ada" })
    const people = presence.getPresenceLocations()
    const status = presence.getStatus()
    people.subscribe(() => {})
    presence.reportPresence([{ documentId }])
    return {
      others: () =>
        status.getCurrent()._tag === "Connected" ? people.getCurrent().length : undefined
    }
  })
