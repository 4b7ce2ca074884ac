/**
 * A program that joins the NATS server in its first argument, subscribes, and leaves: it must end
 * by itself.
 */
import * as Effect from "effect/Effect"
import { Backplane } from "../../../src/relay/Backplane.ts"
import { NatsBackplane } from "../../../src/relay/nats/NatsBackplane.ts"

const [, , servers = ""] = process.argv

await Backplane.use(({ publish, subscribe }) =>
  Effect.scoped(
    Effect.andThen(
      subscribe({ _tag: "Cluster" }, () => {}),
      Effect.sync(() => publish({ _tag: "Cluster" }, "hello"))
    )
  )
).pipe(
  Effect.provide(NatsBackplane.layer({ servers, pingInterval: "10 minutes" })),
  Effect.runPromise
)
