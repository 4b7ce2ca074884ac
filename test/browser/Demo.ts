/**
 * The parts of the demo for tests: the page on a free port, and a relay in a process of its own
 * that can be killed and started again on the same port.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Page } from "../../demo/Page.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** A port that was free a moment ago. */
export const freePort: Effect.Effect<number> = Effect.callback((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" ? address?.port : undefined
    server.close(() =>
      resume(port === undefined ? Effect.die("no free port") : Effect.succeed(port))
    )
  })
})

const end = (child: ChildProcess, signal: NodeJS.Signals): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill(signal)
  })

/** A process of this project that has printed `ready`, until the scope closes. */
export const run = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  ready: string,
  env: Record<string, string> = {}
) {
  let output = ""
  const child = yield* Effect.acquireRelease(
    Effect.callback<ChildProcess>((resume) => {
      const child = spawn(process.execPath, args, {
        cwd: root,
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"]
      })
      const onData = (data: Buffer) => {
        output += data.toString()
        if (output.includes(ready)) resume(Effect.succeed(child))
      }
      child.stdout.on("data", onData)
      child.stderr.on("data", onData)
      child.once("exit", () => resume(Effect.die(`${args.join(" ")} ended: ${output}`)))
    }),
    (child) => end(child, "SIGTERM")
  )
  return { kill: end(child, "SIGKILL"), output: () => output }
})

/** A relay that listens on `port`. */
export const relay = (port: number) =>
  run(
    ["src/cli/main.ts", "relay", "--auth", "development", "--port", String(port)],
    "Relay listening"
  )

/** The page of the demo, built, on a free port; it joins the relay at `apiHost`. */
export const page = Effect.fnUntraced(function* (apiHost: string) {
  const config = { service: "relay", projectId: "demo", dataset: "demo", apiHost } as const
  const context = yield* Layer.build(Page.layer({ config, port: 0, dev: false }))
  return Context.get(context, Page).url
})
