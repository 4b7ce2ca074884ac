/**
 * The demo: a relay, three simulated colleagues, and a page that shows them, in one process.
 *
 * - `--dev` compiles the page on request and reloads what changed.
 * - `PORT` and `RELAY_PORT` choose other ports than 5173 and 4000.
 * - `SANITY_PROJECT_ID`, `SANITY_DATASET` and `SANITY_AUTH_TOKEN` together join the hosted service
 *   instead; `SANITY_API_HOST` puts another address in its place.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import { Relay, RelayAuth, RelayError } from "../src/relay/index.ts"
import { layerColleagues } from "./colleagues.ts"
import type { RelayConfig, SanityConfig } from "./config.ts"
import { orphaned } from "./orphaned.ts"
import { Page } from "./Page.ts"
import { colleagueIds, nameOfId } from "./people.ts"
import { type HostedRoom, readSettings } from "./settings.ts"

const dev = process.argv.includes("--dev")

const say = (lines: ReadonlyArray<readonly [label: string, text: string]>): Effect.Effect<void> =>
  Console.log(
    [
      "",
      ...lines.map(([label, text]) => `  ${label.padEnd(12)}${text}`),
      "",
      "  Ctrl-C stops it.",
      ""
    ].join("\n")
  )

/** The relay, the colleagues and the page. */
const layerLocal = (relayPort: number, pagePort: number) => {
  const relay = Relay.layer({ port: relayPort }).pipe(Layer.provide(RelayAuth.layerDevelopment))
  const joined = Effect.map(Relay, ({ url: apiHost }) => {
    const room = { projectId: "demo", dataset: "production", apiHost }
    const config: RelayConfig = { service: "relay", ...room }
    const summary = Effect.flatMap(Page, ({ url }) =>
      say([
        ["Relay", `${apiHost} (development only: anyone may be anyone)`],
        ["Colleagues", `${colleagueIds.map(nameOfId).join(", ")} (simulated)`],
        ["Page", url]
      ])
    )
    return Layer.effectDiscard(summary).pipe(
      Layer.provide(Page.layer({ config, port: pagePort, dev })),
      Layer.provide(layerColleagues(room))
    )
  })
  return Layer.unwrap(joined).pipe(Layer.provide(relay))
}

/** Only the page: it joins the hosted service. */
const layerHosted = (room: HostedRoom, pagePort: number) => {
  const { apiHost, dataset, projectId } = room
  const config: SanityConfig = {
    service: "sanity",
    projectId,
    dataset,
    token: Redacted.value(room.token),
    ...(apiHost === undefined ? {} : { apiHost })
  }
  const summary = Effect.flatMap(Page, ({ url }) =>
    say([
      ["Service", apiHost ?? "Sanity, hosted"],
      ["Room", `project ${projectId}, dataset ${dataset}`],
      ["Page", url]
    ])
  )
  return Layer.effectDiscard(summary).pipe(
    Layer.provide(Page.layer({ config, port: pagePort, dev }))
  )
}

const layerDemo = Layer.unwrap(
  Effect.map(readSettings, ({ hosted, pagePort, relayPort }) =>
    hosted === undefined ? layerLocal(relayPort, pagePort) : layerHosted(hosted, pagePort)
  )
)

/** The relay speaks of the flags of its own command; here, a variable sets its port. */
const messageOf = (error: Error): string =>
  error instanceof RelayError && error.reason === "port-in-use"
    ? `Port ${error.port} is in use. Set RELAY_PORT to another one.`
    : error.message

/** One line for what a person can mend; anything else is a bug and is shown as it is. */
const report = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  const error = Cause.squash(cause)
  return Console.error(
    !Cause.hasDies(cause) && error instanceof Error ? messageOf(error) : Cause.pretty(cause)
  )
}

/** Being stopped by SIGINT or SIGTERM is no failure. */
const teardown: Runtime.Teardown = (exit, onExit) =>
  Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
    ? onExit(0)
    : Runtime.defaultTeardown(exit, onExit)

Layer.launch(layerDemo).pipe(
  Effect.raceFirst(orphaned),
  Effect.tapCause(report),
  NodeRuntime.runMain({ disableErrorReporting: true, teardown })
)
