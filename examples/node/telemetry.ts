/**
 * Metrics, spans and logs of presence to a collector of OpenTelemetry: `npm run example:telemetry`.
 * `OTEL_EXPORTER_OTLP_ENDPOINT` says where that is, http://127.0.0.1:4318 unless it is set.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Otlp from "effect/observability/Otlp"
import { Presence, Telemetry } from "../../src/index.ts"
import { layerRoom } from "./room.ts"

const layerExport = Layer.unwrap(
  Effect.gen(function* () {
    const baseUrl = yield* Config.String("OTEL_EXPORTER_OTLP_ENDPOINT").pipe(
      Config.withDefault("http://127.0.0.1:4318")
    )
    yield* Console.log(`exporting to ${baseUrl} every second`)
    return Otlp.layerJson({
      baseUrl,
      resource: { serviceName: "presence-example" },
      tracerExportInterval: "1 second",
      metricsExportInterval: "1 second",
      loggerExportInterval: "1 second"
    })
  })
).pipe(Layer.provide(FetchHttpClient.layer))

const program = Effect.gen(function* () {
  const presence = yield* Presence
  yield* presence.ready
  for (let second = 0; ; second++) {
    yield* presence.report([{ documentId: "book", path: [second % 2 === 0 ? "title" : "body"] }])
    yield* Effect.sleep("1 second")
  }
})

program.pipe(
  Effect.provide(Telemetry.layer),
  Effect.provide(layerRoom("p-observed")),
  Effect.provide(layerExport),
  Effect.scoped,
  NodeRuntime.runMain
)
