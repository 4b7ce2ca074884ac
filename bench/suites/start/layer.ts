/** The layer: from building it until the status is `Connected`. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Auth, BifurTransport, Presence, SanityClient } from "../../../src/index.ts"
import type { Measure } from "../../suite.ts"
import { connecting } from "./connecting.ts"

const connected = Presence.use(({ status }) =>
  SubscriptionRef.changes(status).pipe(
    Stream.filter(({ _tag }) => _tag === "Connected"),
    Stream.runHead,
    Effect.asVoid
  )
)

export const measure: Measure<null> = () =>
  connecting(
    ({ dataset, projectId, url }) =>
      ManagedRuntime.make(
        Presence.layer.pipe(
          Layer.provide(BifurTransport.layer),
          Layer.provide(Auth.layerToken("p-ada")),
          Layer.provide(SanityClient.layer({ projectId, dataset, apiHost: url }))
        )
      ).runPromise(connected),
    { calls: true }
  )
