/**
 * `sanity-presence relay`: runs a relay until it is stopped.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Relay } from "../relay/Relay.ts"
import { RelayAuth } from "../relay/RelayAuth.ts"
import { resolveOptions } from "../relay/RelayOptions.ts"

const defaults = resolveOptions({})

const defaultHeartbeatSeconds = defaults.heartbeatInterval / 1_000

const isPort = (port: number): boolean => port >= 0 && port <= 65_535

/** A day: more is no heartbeat, and timers count no further than 24 of them. */
const maxHeartbeatSeconds = 86_400

const isHeartbeat = (seconds: number): boolean => seconds > 0 && seconds <= maxHeartbeatSeconds

const flags = {
  host: Flag.String("host").pipe(
    Flag.withDescription(
      `The address to listen on (${defaults.host}); 0.0.0.0 lets the network in`
    ),
    Flag.withDefault(defaults.host)
  ),
  port: Flag.Int("port").pipe(
    Flag.withDescription(`The port to listen on (${defaults.port}); 0 takes a free one`),
    Flag.filter(isPort, (port) => `Expected a port from 0 to 65535, got ${port}`),
    Flag.withDefault(defaults.port)
  ),
  project: Flag.String("project").pipe(
    Flag.withDescription(
      `The project of clients whose host name does not name one (${defaults.project})`
    ),
    Flag.withDefault(defaults.project)
  ),
  rollCall: Flag.Literals("roll-call", ["table", "forward"]).pipe(
    Flag.withDescription(
      `Who answers a roll call (${defaults.rollCall}): the relay, or every session as hosted`
    ),
    Flag.withDefault(defaults.rollCall)
  ),
  heartbeat: Flag.Finite("heartbeat").pipe(
    Flag.withDescription(`Seconds between two heartbeats (${defaultHeartbeatSeconds})`),
    Flag.filter(
      isHeartbeat,
      (seconds) => `Expected seconds from above 0 to ${maxHeartbeatSeconds}, got ${seconds}`
    ),
    Flag.withDefault(defaultHeartbeatSeconds)
  )
}

const announceAddress = Effect.gen(function* () {
  const { url } = yield* Relay
  yield* Console.log(`Relay listening on ${url}`)
  yield* Console.log(
    `DEVELOPMENT ONLY, anyone may be anyone: connect with apiHost ${url}, useProjectHostname false and a user's name as the token, for example p-ada-lovelace.`
  )
})

/** The command; it fails with a `RelayError` where the relay cannot start. */
export const relay = Command.make("relay", flags, ({ heartbeat, ...options }) =>
  Effect.andThen(announceAddress, Effect.never).pipe(
    Effect.provide(
      Relay.layer({ ...options, heartbeatInterval: Duration.seconds(heartbeat) }).pipe(
        Layer.provide(RelayAuth.layerDevelopment)
      )
    )
  )
).pipe(
  Command.withDescription("Run a presence relay for development, until it is stopped"),
  Command.withExamples([
    { command: "sanity-presence relay", description: "Listen on this machine, port 4000" },
    { command: "sanity-presence relay --port 0", description: "Listen on any free port" }
  ])
)
