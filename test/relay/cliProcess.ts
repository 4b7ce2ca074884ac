import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"

const main = new URL("../../src/cli/main.ts", import.meta.url).pathname

/** The variables of this process without those of the relay. */
const cleanEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("SANITY_PRESENCE_RELAY_"))
)

/** Variables by their names without the prefix. */
export type Variables = { readonly [name: string]: string }

/** Runs the command line; it is killed with the scope. */
export const runWith = Effect.fnUntraced(function* (
  variables: Variables,
  ...args: ReadonlyArray<string>
) {
  const ours = Object.entries(variables).map(([name, value]) => [
    `SANITY_PRESENCE_RELAY_${name}`,
    value
  ])
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [main, ...args], {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...cleanEnv, ...Object.fromEntries(ours) }
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  let stdout = ""
  let stderr = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, stdout, stderr }))
  )
  const printed = (pattern: RegExp) =>
    Effect.callback<string>((resume) => {
      const look = () => {
        const match = pattern.exec(stdout)
        if (match !== null) resume(Effect.succeed(match[0]))
      }
      child.stdout.on("data", look)
      child.once("close", () => resume(Effect.die(`not printed: ${pattern}\n${stdout}${stderr}`)))
      look()
    })
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    ended: Effect.promise(() => ended),
    /** The first match in what was printed, once it is there. */
    printed,
    /** Where the relay listens. */
    url: printed(/(?<=Relay listening on )https?:\/\/127\.0\.0\.1:\d+/)
  }
})

export const run = (...args: ReadonlyArray<string>) => runWith({}, ...args)
