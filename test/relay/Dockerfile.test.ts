import { execFile } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { run } from "../cli/cliProcess.ts"

const root = new URL("../../", import.meta.url)
const lines = readFileSync(new URL("Dockerfile", root), "utf8").split("\n")

const instructions = (name: string): ReadonlyArray<string> =>
  lines.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []))

const words = (json: string): ReadonlyArray<string> => {
  const value: unknown = JSON.parse(json)
  return Array.isArray(value) ? value.map(String) : []
}

/** The exit code of the health check, with the port in its variable. */
const check = (port: number) =>
  Effect.callback<number>((resume) => {
    const [, command = "[]"] = / CMD (\[.*\])$/.exec(instructions("HEALTHCHECK")[0] ?? "") ?? []
    const [, ...args] = words(command)
    const env = { ...process.env, SANITY_PRESENCE_RELAY_PORT: String(port) }
    const child = execFile(process.execPath, args, { env }, () => undefined)
    child.once("exit", (code) => resume(Effect.succeed(code ?? -1)))
  })

describe("the Dockerfile", () => {
  it("copies what is there, and what .dockerignore lets through", () => {
    const sources = instructions("COPY")
      .filter((line) => !line.startsWith("--from"))
      .flatMap((line) => line.split(" ").slice(0, -1))
    const passing = readFileSync(new URL(".dockerignore", root), "utf8").split("\n")
    assert.isAbove(sources.length, 0)
    for (const source of sources) {
      assert.isTrue(existsSync(new URL(source, root)), source)
      const needed = source.endsWith("/") ? source.slice(0, -1) : source
      assert.include(passing, `!${needed}`)
    }
  })

  it("bundles a file that is there, with a bundler that is installed", () => {
    const bundling = instructions("RUN").find((line) => line.includes("rolldown")) ?? ""
    const [, bundler = "", entry = ""] = bundling.split(" ")
    assert.isTrue(existsSync(fileURLToPath(new URL(bundler, root))), bundler)
    assert.isTrue(existsSync(fileURLToPath(new URL(entry, root))), entry)
  })

  it.live("runs a command that there is, and asks who may enter", () =>
    Effect.gen(function* () {
      const [, file, ...args] = words(instructions("ENTRYPOINT")[0] ?? "[]")
      assert.strictEqual(file, "dist/cli/main.js")
      assert.include((yield* (yield* run(...args)).ended).stderr, "--auth")
    })
  )

  it.live("is healthy while the relay lives, and not when nothing or nothing good answers", () =>
    Effect.gen(function* () {
      const cli = yield* run("relay", "--auth", "development", "--port", "0")
      assert.strictEqual(yield* check(Number(new URL(yield* cli.url).port)), 0)
      const broken = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer((_, response) => response.writeHead(500).end())
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const { port } = broken.address() as AddressInfo
      assert.strictEqual(yield* check(port), 1)
      assert.strictEqual(yield* check(1), 1)
    })
  )
})
