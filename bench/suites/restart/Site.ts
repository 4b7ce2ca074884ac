/** The relays of this suite, what is in front of them, and everyone who is there. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as PresenceConfig from "../../../src/PresenceConfig.ts"
import { balance } from "../../../test/support/balancer.ts"
import * as NatsServer from "../../../test/support/natsServer.ts"
import { type Child, startChild } from "../../processes/child.ts"
import type { Clients, Course, Progress } from "../../processes/clients.ts"
import { now } from "../../processes/clock.ts"
import type { RelayNode } from "../../processes/relayNode.ts"
import type { RelayOptions } from "../../../src/relay/index.ts"

const processes = new URL("../../processes/", import.meta.url)

/**
 * A relay that can be ended and started again.
 *
 * - `end`: done when its process has come to its end.
 * - `start`: has it listen again, not before a time by the clock of the machine.
 */
export interface Node {
  readonly port: number
  readonly end: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly start: (listenAt: number) => Effect.Effect<void, never, Scope.Scope>
}

/** Starts a relay on a free port. */
export const startNode = Effect.fnUntraced(function* (
  options: RelayOptions = {},
  nats?: string
): Effect.fn.Return<Node, never, Scope.Scope> {
  const run = (port: number, listenAt: number) => {
    const input: RelayNode = { options: { ...options, port }, listenAt, nats }
    return startChild(new URL("relayNode.ts", processes), input)
  }
  let child = yield* run(0, 0)
  const port = Number(child.line)
  return {
    port,
    end: (signal) => Effect.suspend(() => child.end(signal)),
    start: (listenAt) =>
      Effect.map(run(port, listenAt), (started) => {
        child = started
      })
  }
})

/** Starts relays; gives where clients reach them: the only one, or a balancer before several. */
export const startNodes = Effect.fnUntraced(function* (count: number, options: RelayOptions = {}) {
  const bus = count === 1 ? undefined : yield* NatsServer.make()
  const nodes = yield* Effect.forEach(Array.from({ length: count }), () =>
    startNode(options, bus?.url)
  )
  const balancer = yield* balance(nodes.map(({ port }) => port))
  const only = nodes.length === 1 ? nodes[0]?.port : undefined
  return { nodes, balancer, url: `http://127.0.0.1:${only ?? balancer.port}` }
})

/** Everyone who is there, as one. */
export interface Crowd {
  readonly mark: Effect.Effect<void>
  readonly progress: Effect.Effect<Progress>
  readonly course: Effect.Effect<Course>
  readonly processes: ReadonlyArray<Child>
}

const sum = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b, 0)

const tally = (all: ReadonlyArray<Course["changes"]>): Course["changes"] => {
  const total: Record<string, number> = {}
  for (const changes of all) {
    for (const [tag, count] of Object.entries(changes)) total[tag] = (total[tag] ?? 0) + count
  }
  return total
}

/** Has so many clients join from so many processes. They are not connected yet. */
export const startClients = Effect.fnUntraced(function* (options: {
  readonly url: string
  readonly sessions: number
  readonly processes: number
  readonly config?: PresenceConfig.PresenceConfigInput
}): Effect.fn.Return<Crowd, never, Scope.Scope> {
  const { config = {}, sessions, url } = options
  const count = sessions / options.processes
  const children = yield* Effect.forEach(Array.from({ length: options.processes }), (_, index) => {
    const clients: Clients = {
      url,
      dataset: "restart",
      from: index * count,
      count,
      sessions,
      config
    }
    return startChild(new URL("clients.ts", processes), clients)
  })
  const ask = (question: string) =>
    Effect.forEach(children, (child) => child.ask(question), { concurrency: "unbounded" })
  return {
    processes: children,
    mark: Effect.asVoid(ask("mark")),
    progress: Effect.map(ask("progress"), (answers) => {
      const all = answers.map((answer): Progress => JSON.parse(answer))
      return {
        connected: sum(all.map(({ connected }) => connected)),
        complete: sum(all.map(({ complete }) => complete))
      }
    }),
    course: Effect.map(ask("course"), (answers) => {
      const all = answers.map((answer): Course => JSON.parse(answer))
      return {
        attempts: all.flatMap(({ attempts }) => attempts),
        questions: all.flatMap(({ questions }) => questions),
        backAt: all.flatMap(({ backAt }) => backAt),
        blind: all.flatMap(({ blind }) => blind),
        announces: all.flatMap(({ announces }) => announces),
        changes: tally(all.map(({ changes }) => changes))
      }
    })
  }
})

/** Waits for all to see all; gives when that was. Dies after so many milliseconds. */
export const untilComplete = Effect.fnUntraced(function* (
  { progress }: Crowd,
  sessions: number,
  patience: number
) {
  const start = now()
  while (true) {
    const { complete, connected } = yield* progress
    if (complete === sessions) return now()
    if (now() - start > patience) {
      return yield* Effect.die(
        new Error(`of ${sessions}, ${connected} are connected and ${complete} see all of them`)
      )
    }
    yield* Effect.sleep("200 millis")
  }
})
