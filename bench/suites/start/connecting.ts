/** How long a client takes until it is connected, from its first line on, to a relay of a process of its own. */
import * as Effect from "effect/Effect"
import { Method } from "../../../src/bifur/BifurEvent.ts"
import { startRelay } from "../../processes/child.ts"
import type { Figures } from "../../suite.ts"

/** Where to connect to. */
export interface Room {
  readonly url: string
  readonly projectId: string
  readonly dataset: string
}

const room = { projectId: "demo", dataset: "start" }

/** Notes when the first roll call is sent, by whatever socket is opened from now on. */
const watchRollCall = () => {
  let sentAt: number | undefined
  class WatchedWebSocket extends WebSocket {
    override send(...args: Parameters<WebSocket["send"]>) {
      super.send(...args)
      if (String(args[0]).includes(Method.rollCall)) sentAt ??= performance.now()
    }
  }
  Object.assign(globalThis, { WebSocket: WatchedWebSocket })
  return () => sentAt
}

/** How long anything may take, in milliseconds. */
const patience = 20_000

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/**
 * Milliseconds until `connect` resolves, and where `calls` says that it calls the roll, until that is sent.
 *
 * @param connect starts when the clock does; all that it needs has been imported
 */
export const connecting = (
  connect: (room: Room) => Promise<void>,
  { calls }: { readonly calls: boolean }
): Promise<Figures> =>
  Effect.gen(function* () {
    const url = yield* startRelay
    return yield* Effect.promise(async (): Promise<Figures> => {
      const calledAt = watchRollCall()
      const start = performance.now()
      await connect({ ...room, url })
      const millis = performance.now() - start
      if (!calls) return { millis }
      while (calledAt() === undefined) {
        await turn()
        if (performance.now() - start > patience) throw new Error("the roll was not called")
      }
      return { millis, rollCall: (calledAt() ?? Number.NaN) - start }
    })
  }).pipe(Effect.scoped, Effect.runPromise)
