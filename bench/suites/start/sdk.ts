/** The presence of `@sanity/sdk`, which has no status: until it calls the roll. */
import { createSanityInstance, getPresence } from "@sanity/sdk"
import type { Measure } from "../../suite.ts"
import { connecting } from "./connecting.ts"

export const measure: Measure<null> = async () => {
  const { rollCall = Number.NaN } = await connecting(
    async ({ dataset, projectId, url }) => {
      const instance = createSanityInstance({
        projectId,
        dataset,
        auth: { token: "p-ada", apiHost: url },
        useProjectHostname: false
      })
      getPresence(instance, { resource: { projectId, dataset } }).subscribe(() => {})
    },
    { calls: true }
  )
  return { millis: rollCall, rollCall }
}
