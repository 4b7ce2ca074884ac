/** Every example of Node is started as its command does, and shows what it says it shows. */
import { spawn } from "node:child_process"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Context from "effect/Context"
import type { Browser as Chromium } from "playwright-core"
import * as Browser from "../browser/Browser.ts"
import { listen, urlOf } from "../support/listen.ts"

const examples = new URL("../../examples/", import.meta.url)

const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !name.startsWith("SANITY_") && name !== "npm_lifecycle_event"
  )
)

/** Starts an example; it is killed with the scope. */
const start = Effect.fnUntraced(function* (
  file: string,
  variables: { readonly [name: string]: string } = {}
) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [fileURLToPath(new URL(file, examples))], {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...env, ...variables }
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  let output = ""
  const listeners = new Set<() => void>()
  const collect = (text: string) => {
    output += text
    for (const listener of listeners) listener()
  }
  child.stdout.setEncoding("utf8").on("data", collect)
  child.stderr.setEncoding("utf8").on("data", collect)
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
  const printed = (pattern: RegExp) =>
    Effect.callback<string>((resume) => {
      const look = () => {
        const match = pattern.exec(output)
        if (match !== null) resume(Effect.succeed(match[1] ?? match[0]))
      }
      listeners.add(look)
      child.once("close", () => resume(Effect.die(`not printed: ${pattern}\n${output}`)))
      look()
      return Effect.sync(() => listeners.delete(look))
    })
  return {
    printed,
    stop: Effect.promise(() => {
      child.kill("SIGINT")
      return ended
    }),
    ended: Effect.promise(() => ended),
    output: Effect.sync(() => output)
  }
})

describe("examples of Node", () => {
  it.live("backend: says who opens which document, each time once", () =>
    Effect.gen(function* () {
      const example = yield* start("node/backend.ts")
      yield* example.printed(/opened book\n[^]*opened author\n[^]*opened page\n[^]*opened book\n/)
      yield* example.stop
      const lines = (yield* example.output).split("\n").filter((line) => line.includes("opened"))
      assert.match(lines[1] ?? "", /^Grace Hopper opened /)
      assert.deepStrictEqual(
        lines.slice(0, 4).map((line) => line.replace(/.* opened /, "")),
        ["book", "author", "page", "book"]
      )
    })
  )

  it.live("[A7] bot: is seen where it works, in two places at a time, and then nowhere", () =>
    Effect.gen(function* () {
      const example = yield* start("node/bot.ts")
      assert.strictEqual(yield* example.ended, 0)
      const output = yield* example.output
      assert.include(output, "translating title of book, seen at drafts.book#title\n")
      assert.include(output, "seen at drafts.book#summary and drafts.author#bio\n")
      assert.include(output, "done, seen nowhere\n")
    })
  )

  it.live("datasets: who is in which, and an end", () =>
    Effect.gen(function* () {
      const example = yield* start("node/datasets.ts")
      assert.strictEqual(yield* example.ended, 0)
      const output = yield* example.output
      assert.include(output, "production: p-grace-hopper\n")
      assert.include(output, "staging: p-grace-hopper\n")
      assert.include(output, "archive: nobody\n")
    })
  )

  it.live("plain: shows a colleague by name, and ends when it is asked to", () =>
    Effect.gen(function* () {
      const example = yield* start("node/plain.ts")
      yield* example.printed(/Grace Hopper in drafts\.(author|page)\n/)
      assert.strictEqual(yield* example.stop, 0)
    })
  )

  it.live("[O1] telemetry: what is promised arrives at a collector, and no token", () =>
    Effect.gen(function* () {
      const arrived: { [path: string]: string } = {}
      const collector = createServer((request, response) => {
        let body = ""
        request.setEncoding("utf8").on("data", (text: string) => (body += text))
        request.on("end", () => {
          arrived[request.url ?? ""] = `${arrived[request.url ?? ""] ?? ""}${body}`
          response.writeHead(200, { "content-type": "application/json" }).end("{}")
        })
      })
      const endpoint = urlOf(yield* listen(collector))
      const example = yield* start("node/telemetry.ts", { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
      const spans = [
        "presence.connect",
        "presence.authorize",
        "presence.subscribe",
        "presence.rollCall",
        "presence.announce"
      ]
      const metrics = [
        "presence_sessions",
        "presence_connected",
        "presence_events_total",
        "presence_announce_duration_milliseconds"
      ]
      const isThere = () =>
        spans.every((name) => arrived["/v1/traces"]?.includes(`"${name}"`)) &&
        metrics.every((name) => arrived["/v1/metrics"]?.includes(`"${name}"`))
      for (let wait = 0; wait < 100 && !isThere(); wait++) yield* Effect.sleep("200 millis")
      for (const name of spans) assert.include(arrived["/v1/traces"], `"${name}"`)
      for (const name of metrics) assert.include(arrived["/v1/metrics"], `"${name}"`)
      assert.include(arrived["/v1/metrics"], "demo.production")
      assert.include(arrived["/v1/traces"], "presence-example")
      assert.notInclude(Object.values(arrived).join(), "p-observed")
      yield* example.stop
    })
  )
})

class Stage extends Context.Service<Stage, Chromium>()("test/ExamplesBrowser") {
  static readonly layer = Layer.effect(Stage, Browser.launch)
}

describe.skipIf(Browser.missing !== undefined)("the example of a server that renders", () => {
  layer(Stage.layer, { excludeTestServices: true, timeout: "1 minute" })("on one stage", (it) => {
    it.effect("its page is there without scripts, and the browser takes it over", () =>
      Effect.gen(function* () {
        const { port } = yield* Effect.scoped(listen(createServer()))
        const example = yield* start("ssr/main.ts", { PORT: `${port}` })
        const url = yield* example.printed(/ssr: (http\S+)/)
        const answer = yield* Effect.promise(() => fetch(url))
        // The token of its visitor is in it.
        assert.strictEqual(answer.headers.get("cache-control"), "private, no-store")
        const html = yield* Effect.promise(() => answer.text())
        assert.match(html, /<h1>A book<\/h1>.*<input/)
        assert.include(html, "Connecting…")
        const { page, problems } = yield* Browser.open(yield* Stage, url)
        yield* Effect.promise(() => page.getByText("Grace Hopper in drafts.").first().waitFor())
        yield* Effect.promise(() => page.getByText("Connected.").waitFor())
        assert.deepStrictEqual(problems, [])
      })
    )
  })
})
