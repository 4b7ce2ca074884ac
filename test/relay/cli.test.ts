import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Relay } from "../../src/relay/Relay.ts"
import { join } from "./RelayClient.ts"

const main = new URL("../../src/cli/main.ts", import.meta.url).pathname

/** Runs the command line; it is killed with the scope. */
const run = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] })
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
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    ended: Effect.promise(() => ended),
    /** The first match in what was printed, once it is there. */
    printed: (pattern: RegExp) =>
      Effect.callback<string>((resume) => {
        const look = () => {
          const match = pattern.exec(stdout)
          if (match !== null) resume(Effect.succeed(match[0]))
        }
        child.stdout.on("data", look)
        look()
      })
  }
})

describe("sanity-presence relay", () => {
  it.live.each(["SIGINT", "SIGTERM"] as const)(
    "prints where it listens and how to connect, and stops on %s within 2 s",
    (signal) =>
      Effect.gen(function* () {
        const cli = yield* run("relay", "--port", "0", "--project", "demo")
        const url = yield* cli.printed(/http:\/\/127\.0\.0\.1:\d+(?=\n)/)
        yield* cli.printed(/DEVELOPMENT ONLY.*p-ada-lovelace.*\n/)
        const client = yield* join(url, "p-ada")
        const start = performance.now()
        cli.kill(signal)
        const { code, stderr } = yield* cli.ended
        assert.isBelow(performance.now() - start, 2_000)
        assert.strictEqual(code, 0)
        assert.strictEqual(stderr, "")
        assert.strictEqual((yield* client.closed).code, 1012)
      })
  )

  it.live("on a port in use says so in one line and exits with 1", () =>
    Effect.gen(function* () {
      const { address } = yield* Relay
      const { code, stderr } = yield* (yield* run("relay", "--port", `${address.port}`)).ended
      assert.strictEqual(code, 1)
      assert.match(stderr, /^sanity-presence: Port \d+ on 127\.0\.0\.1 is in use\. .*--port.*\n$/)
    }).pipe(Effect.provide(Relay.layerTest))
  )

  it.live.each([
    ["--prot", "4000"],
    ["--port", "many"],
    ["--port", "70000"],
    ["--heartbeat", "0"],
    ["--roll-call", "sometimes"]
  ])("with %s %s says what is wrong in one line and exits with 1", ([flag = "", value = ""]) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* (yield* run("relay", flag, value)).ended
      assert.strictEqual(code, 1)
      assert.match(stderr, /^sanity-presence: [^\n]+ \(see sanity-presence relay --help\)\n$/)
      assert.include(stderr, flag)
      assert.strictEqual(stdout, "")
    })
  )
})

describe("sanity-presence", () => {
  it.live("without a command shows help", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* (yield* run()).ended
      assert.strictEqual(code, 0)
      assert.include(stdout, "relay")
    })
  )

  it.live("--version prints the version of the package", () =>
    Effect.gen(function* () {
      const manifest: unknown = JSON.parse(
        readFileSync(new URL("../../package.json", import.meta.url), "utf8")
      )
      const { stdout } = yield* (yield* run("--version")).ended
      const version = /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0]
      assert.containSubset(manifest, { version })
    })
  )
})
