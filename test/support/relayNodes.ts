/** Relays that are processes of their own, joined by a nats-server. */
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { RelayOptions } from "../../src/relay/index.ts"

export interface RelayNode {
  readonly url: string
  readonly port: number
  /** Kills it. */
  readonly kill: Effect.Effect<void>
  /** Asks it to shut down, and waits until it has. */
  readonly stop: Effect.Effect<void>
}

/** Starts a node, until the scope closes. */
export const startNode = Effect.fnUntraced(function* (
  nats: string,
  options: RelayOptions = {}
): Effect.fn.Return<RelayNode, never, Scope.Scope> {
  const module = fileURLToPath(new URL("relayNode.ts", import.meta.url))
  const input = JSON.stringify({ nats, options: { port: 0, ...options } })
  const child = spawn(process.execPath, [module, input], { stdio: ["pipe", "pipe", "inherit"] })
  const end = (signal: NodeJS.Signals) =>
    Effect.callback<void>((resume) => {
      if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
      child.once("exit", () => resume(Effect.void))
      child.kill(signal)
    })
  yield* Effect.addFinalizer(() => end("SIGKILL"))
  const lines = createInterface({ input: child.stdout })
  const url = yield* Effect.callback<string>((resume) => {
    lines.on("line", (line) => {
      // Beside it there may be a log.
      if (line.startsWith("http")) resume(Effect.succeed(line))
    })
    child.once("exit", () => resume(Effect.die("the relay did not start")))
  })
  return { url, port: Number(new URL(url).port), kill: end("SIGKILL"), stop: end("SIGTERM") }
})
