/** What it costs a server to bring what some say to everyone, and how long that takes. */
import * as Effect from "effect/Effect"
import { percentile } from "../../statistics.ts"
import type { Measure } from "../../suite.ts"
import { Crowd, now, type Size } from "./Crowd.ts"
import { burst, move } from "./pace.ts"
import type { ContenderKey } from "./protocols.ts"
import { type Server, startServer } from "./Server.ts"

/**
 * - `pace`: `movement`, every sender eight times a second; `burst`, the next as soon as one has its own.
 * - `inFlight`: in a burst, how many states are on their way.
 * - `millis`: how long it is measured, after `warmUp` milliseconds of the same.
 */
export interface Input extends Size {
  readonly contender: ContenderKey
  readonly pace: "movement" | "burst"
  readonly inFlight?: number
  readonly millis: number
  readonly warmUp: number
}

const hertz = 8

const run = async (crowd: Crowd, { inFlight = 32, pace }: Input, millis: number) => {
  const late = pace === "movement" ? await move(crowd, hertz, millis) : 0
  if (pace === "burst") await burst(crowd, inFlight, millis)
  const settled = await crowd.settle()
  crowd.onEcho = () => {}
  return { late, settled }
}

const timed = async (server: Server, crowd: Crowd, input: Input) => {
  const { members, pace } = input
  const before = await server.ask("cost")
  const sent = crowd.sent
  crowd.deliveries = 0
  if (pace === "movement") crowd.latencies = []
  const ownCpu = process.cpuUsage()
  const started = now()
  const { late, settled } = await run(crowd, input, input.millis)
  const { system, user } = process.cpuUsage(ownCpu)
  const after = await server.ask("cost")
  const { deliveries, latencies } = crowd
  crowd.latencies = undefined
  const elapsed = settled - started
  return {
    cpu: (after.cpu - before.cpu) / deliveries,
    rate: (deliveries / elapsed) * 1_000,
    ...(latencies === undefined
      ? {}
      : { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), late }),
    deliveries,
    delivered: (100 * deliveries) / ((crowd.sent - sent) * members),
    busy: (after.cpu - before.cpu) / elapsed / 10,
    waited: (after.waited - before.waited) / elapsed / 10,
    crowd: (user + system) / elapsed / 10
  }
}

export const measure: Measure<Input> = (input) =>
  Effect.gen(function* () {
    const server = yield* startServer(input.contender)
    return yield* Effect.promise(async () => {
      const crowd = await Crowd.join(server.url, server.protocol, input)
      await crowd.calibrate()
      await crowd.verify()
      await run(crowd, input, input.warmUp)
      const figures = await timed(server, crowd, input)
      await crowd.verify()
      return figures
    })
  }).pipe(Effect.scoped, Effect.runPromise)
