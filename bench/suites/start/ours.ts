/** The handle: `createPresence` until its status is `Connected`. */
import { createPresence } from "../../../src/index.ts"
import type { Measure } from "../../suite.ts"
import { connecting } from "./connecting.ts"

export const measure: Measure<null> = () =>
  connecting(
    ({ dataset, projectId, url }) =>
      new Promise((resolve) => {
        const presence = createPresence({ projectId, dataset, apiHost: url, token: "p-ada" })
        const status = presence.getStatus()
        status.subscribe(() => {
          if (status.getCurrent()._tag === "Connected") resolve()
        })
      }),
    { calls: true }
  )
