/** The presence of `@sanity/sdk`. */
import type { Measure } from "../../suite.ts"
import { idle, type Input } from "./idle.ts"

export const measure: Measure<Input> = (input) =>
  idle(input, async ({ dataset, documentId, projectId, url }) => {
    const { createSanityInstance, getPresence, reportPresence } = await import("@sanity/sdk")
    const instance = createSanityInstance({
      projectId,
      dataset,
      auth: { token: "p-ada", apiHost: url },
      useProjectHostname: false
    })
    const resource = { projectId, dataset }
    const presence = getPresence(instance, { resource })
    presence.subscribe(() => {})
    reportPresence(instance, { resource, locations: [{ documentId }] })
    return { others: () => presence.getCurrent().length }
  })
