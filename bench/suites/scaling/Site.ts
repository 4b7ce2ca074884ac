/** Relays as processes, joined by NATS where there are several, and what all of it has cost so far. */
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { listen } from "../../../test/support/listen.ts"
import * as NatsServer from "../../../test/support/natsServer.ts"
import { type Server, startServer } from "../fanout/Server.ts"
import type { Cost } from "../fanout/servers/serve.ts"

/**
 * What was counted since the start.
 *
 * - `relays`: of each node.
 * - `nats`: milliseconds of processor of the NATS server, messages and bytes that it took and gave.
 * - `events`, `deliveries`, `writes`: of all nodes, as their metrics say.
 */
export interface Account {
  readonly relays: ReadonlyArray<Cost>
  readonly nats: typeof Varz.Type & { readonly cpu: number }
  readonly events: number
  readonly deliveries: number
  readonly writes: number
}

export interface Site {
  readonly urls: readonly [string, ...ReadonlyArray<string>]
  readonly protocol: Server["protocol"]
  readonly ask: Server["ask"]
  readonly account: () => Promise<Account>
}

const Varz = Schema.Struct({
  in_msgs: Schema.Finite,
  out_msgs: Schema.Finite,
  in_bytes: Schema.Finite,
  out_bytes: Schema.Finite
})

const decodeVarz = Schema.decodeUnknownSync(Schema.fromJsonString(Varz))

const textOf = async (url: string) => (await fetch(url)).text()

/** One of the metrics of a relay, summed over its labels. */
const read = (metrics: string, name: string): number =>
  metrics
    .split("\n")
    .filter((line) => line.startsWith(`sanity_presence_relay_${name} `))
    .reduce((sum, line) => sum + Number(line.split(" ")[1]), 0)

/** Linux counts in hundredths of a second; the name, in parentheses, may hold anything. */
const processorOf = (pid: number | undefined): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const freePort = Effect.scoped(
  Effect.map(
    Effect.suspend(() => listen(createServer())),
    ({ port }) => port
  )
)

const startNats = Effect.gen(function* () {
  const monitor = yield* freePort
  const server = yield* NatsServer.make({ config: `http: "127.0.0.1:${monitor}"` })
  const count = async () => ({
    ...decodeVarz(await textOf(`http://127.0.0.1:${monitor}/varz`)),
    cpu: processorOf(server.pid())
  })
  return { url: server.url, count }
})

const noNats = { in_msgs: 0, out_msgs: 0, in_bytes: 0, out_bytes: 0, cpu: 0 }

/** Starts so many nodes, until the scope closes; one that is `joined` speaks to NATS even if it is alone. */
export const startSite = Effect.fnUntraced(function* (
  nodes: number,
  isJoined: boolean
): Effect.fn.Return<Site, never, Scope.Scope> {
  const nats = isJoined || nodes > 1 ? yield* startNats : undefined
  const start = startServer("ours", nats === undefined ? {} : { nats: nats.url })
  const first = yield* start
  const others = yield* Effect.replicateEffect(start, nodes - 1)
  const servers = [first, ...others]
  const account = async (): Promise<Account> => {
    const metrics = await Promise.all(servers.map(({ url }) => textOf(`${url}/metrics`)))
    const sum = (name: string) => metrics.reduce((total, text) => total + read(text, name), 0)
    return {
      relays: await Promise.all(servers.map(({ ask }) => ask("cost"))),
      nats: nats === undefined ? noNats : await nats.count(),
      events: sum("events_published_total"),
      deliveries: sum("deliveries_total"),
      writes: sum("writes_total")
    }
  }
  const urls = [first.url, ...others.map(({ url }) => url)] as const
  return { urls, protocol: first.protocol, ask: first.ask, account }
})
