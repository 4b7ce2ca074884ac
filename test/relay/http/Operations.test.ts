import { WebSocket } from "@effect/platform-node/NodeWS"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Backplane, MemoryBus } from "../../../src/relay/Backplane.ts"
import { packageVersion } from "../../../src/relay/PackageVersion.ts"
import { formatMetrics, metric } from "../../../src/relay/http/Prometheus.ts"
import { logRefusals } from "../../../src/relay/RefusalLog.ts"
import { Relay } from "../../../src/relay/Relay.ts"
import { AuthUnavailable, RelayAuth } from "../../../src/relay/RelayAuth.ts"
import { RelayCounts, refusalReasons } from "../../../src/relay/RelayCounts.ts"
import { authorizing } from "../authorizing.ts"
import { parsePrometheus } from "./PrometheusParser.ts"
import { connect, join } from "../RelayClient.ts"
import { relay, relayWith } from "../relayTest.ts"

const prefix = "sanity_presence_relay_"

const get = (url: string, headers: { readonly [name: string]: string } = {}) =>
  Effect.promise(async () => {
    const response = await fetch(url, { headers })
    return { status: response.status, headers: response.headers, text: await response.text() }
  })

const getJson = (url: string) =>
  Effect.map(get(url), ({ status, text }) => {
    const body: unknown = JSON.parse(text)
    return { status, body }
  })

const scrape = Effect.fnUntraced(function* (url: string) {
  const { headers, status, text } = yield* get(`${url}/metrics`)
  assert.strictEqual(status, 200)
  assert.strictEqual(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8")
  const families = parsePrometheus(text)
  return (name: string, labels = ""): number => {
    const value = families.get(`${prefix}${name}`)?.samples.get(labels)
    if (value === undefined) throw new Error(`no ${name}{${labels}}`)
    return value
  }
})

/** Collects the messages of a program's log. */
const logged = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => lines.push(String(message)))
  return { lines, layer: Logger.layer([logger]) }
}

describe("/healthz", () => {
  relay("says how many are here, and that all is well", (url) =>
    Effect.gen(function* () {
      const nobody = { status: "ok", connections: 0, rooms: 0, backplane: { status: "connected" } }
      assert.deepEqual(yield* getJson(`${url}/healthz`), { status: 200, body: nobody })
      yield* join(url, "p-ada")
      yield* join(url, "p-bob")
      const { body } = yield* getJson(`${url}/healthz`)
      assert.deepEqual(body, { ...nobody, connections: 2, rooms: 1 })
      for (const path of ["live", "ready"]) {
        const answer = yield* getJson(`${url}/healthz/${path}`)
        assert.deepEqual(answer, { status: 200, body: { status: "ok" } })
      }
    })
  )

  it.live("without other nodes is degraded, not down, says since when, and recovers", () =>
    Effect.gen(function* () {
      const bus = yield* MemoryBus.make()
      const layer = Relay.layerNode({ port: 0 }).pipe(
        Layer.provide([RelayAuth.layerDevelopment, Backplane.layerMemory(bus, "here")])
      )
      const { url } = Context.get(yield* Layer.build(layer), Relay)
      const before = Date.now()
      yield* bus.cut("here")
      const { body, status } = yield* getJson(`${url}/healthz`)
      assert.strictEqual(status, 200)
      assert.containSubset(body, { status: "degraded", backplane: { status: "disconnected" } })
      const since = /"since":"([^"]+)"/.exec(JSON.stringify(body))?.[1] ?? ""
      assert.isAtLeast(Date.parse(since), before - 100)
      assert.isAtMost(Date.parse(since), Date.now() + 100)
      assert.strictEqual((yield* getJson(`${url}/healthz/ready`)).status, 200)
      assert.strictEqual((yield* scrape(url))("backplane_connected"), 0)
      yield* bus.heal("here")
      assert.containSubset(yield* getJson(`${url}/healthz`), { body: { status: "ok" } })
    })
  )

  it.live("is unavailable while the relay drains, and live to the end", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(relayWith({ drainTime: "500 millis" }), scope)
      const { url } = Context.get(context, Relay)
      const clients = yield* Effect.forEach(Array.from({ length: 60 }), () => join(url, "p-ada"))
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), {
        startImmediately: true
      })
      assert.deepEqual(yield* getJson(`${url}/healthz/ready`), {
        status: 503,
        body: { status: "draining" }
      })
      const { body, status } = yield* getJson(`${url}/healthz`)
      assert.strictEqual(status, 503)
      assert.containSubset(body, { status: "draining" })
      assert.strictEqual((yield* getJson(`${url}/healthz/live`)).status, 200)
      for (const { closed } of clients) assert.strictEqual((yield* closed).code, 1012)
      yield* Fiber.join(closing)
    })
  )
})

describe("/metrics", () => {
  relay("counts what happens, in Prometheus' text format", (url) =>
    Effect.gen(function* () {
      const ada = yield* join(url, "p-ada")
      const bob = yield* join(url, "p-bob")
      yield* ada.announce("s1")
      yield* bob.rollCall("b")
      yield* bob.rest
      const stranger = yield* connect(url)
      yield* stranger.authorize("no token!")
      const read = yield* scrape(url)
      assert.strictEqual(read("connections"), 3)
      assert.strictEqual(read("connections_opened_total"), 3)
      assert.strictEqual(read("rooms"), 1)
      assert.strictEqual(read("sessions"), 1)
      assert.strictEqual(read("events_published_total"), 1)
      assert.strictEqual(read("deliveries_total"), 3)
      assert.strictEqual(read("writes_total"), 2)
      assert.strictEqual(read("roll_calls_answered_total"), 1)
      assert.strictEqual(read("frames_received_total"), 8)
      assert.strictEqual(read("refusals_total", 'reason="unauthorized"'), 1)
      assert.strictEqual(read("backplane_connected"), 1)
      assert.strictEqual(read("other_nodes"), 0)
      assert.strictEqual(
        read("build_info", `version="${packageVersion}",node="${process.versions.node}"`),
        1
      )
      assert.isAbove(read("resident_memory_bytes"), 1e6)
      assert.isAbove(read("cpu_seconds_total", 'mode="user"'), 0)
      assert.closeTo(read("start_time_seconds"), Date.now() / 1e3, 3_600)
    })
  )

  relay("has every reason of a refusal from the start", (url) =>
    Effect.gen(function* () {
      const read = yield* scrape(url)
      for (const reason of refusalReasons) {
        assert.strictEqual(read("refusals_total", `reason="${reason}"`), 0)
      }
    })
  )

  authorizing(
    "counts the tokens that could not be decided, by reason",
    () => (token, user) =>
      token === "later"
        ? Effect.fail(new AuthUnavailable({ reason: "unreachable" }))
        : token === "slow"
          ? Effect.never
          : user,
    (url) =>
      Effect.gen(function* () {
        const client = yield* connect(url)
        yield* Effect.forkScoped(client.authorize("later"))
        assert.strictEqual((yield* client.closed).code, 1013)
        yield* get(`${url}/v1/users/me`, { authorization: "Bearer later" })
        const other = yield* connect(url)
        yield* Effect.forkScoped(other.authorize("slow"))
        assert.strictEqual((yield* other.closed).code, 1013)
        const read = yield* scrape(url)
        assert.strictEqual(read("token_checks_undecided_total", 'reason="unreachable"'), 2)
        assert.strictEqual(read("token_checks_undecided_total", 'reason="timeout"'), 1)
        assert.strictEqual(read("token_checks_undecided_total", 'reason="failed"'), 0)
        assert.strictEqual(read("refusals_total", 'reason="unauthorized"'), 0)
      }),
    { authorizationTimeout: "200 millis" }
  )

  relay("shows an event loop that was held up, since the scrape before", (url) =>
    Effect.gen(function* () {
      yield* scrape(url)
      const end = performance.now() + 300
      // The monitor needs a timer before and one after.
      yield* Effect.sleep("100 millis")
      while (performance.now() < end);
      yield* Effect.sleep("100 millis")
      const busy = (yield* scrape(url))("event_loop_lag_max_seconds")
      assert.isAtLeast(busy, 0.1)
      yield* Effect.sleep("100 millis")
      assert.isBelow((yield* scrape(url))("event_loop_lag_p50_seconds"), busy / 2)
    })
  )

  relay("shows what waits for a reader that has stopped", (url) =>
    Effect.gen(function* () {
      const stuck = yield* join(url, "p-stuck")
      stuck.socket.pause()
      const ada = yield* join(url, "p-ada")
      const padding = "x".repeat(100_000)
      let read = yield* scrape(url)
      for (let n = 0; read("queued_events") === 0 && n < 500; n++) {
        yield* ada.announce("s", [n, padding])
        read = yield* scrape(url)
      }
      assert.strictEqual(read("stalled_connections"), 1)
      assert.strictEqual(read("queued_events"), 1)
      assert.isAbove(read("queued_bytes"), 0)
      stuck.socket.terminate()
    })
  )

  relay(
    "with a token is for those who have it",
    (url) =>
      Effect.gen(function* () {
        const ask = (authorization: string) =>
          Effect.map(get(`${url}/metrics`, { authorization }), ({ status }) => status)
        const { headers, status, text } = yield* get(`${url}/metrics`)
        assert.strictEqual(status, 401)
        assert.strictEqual(headers.get("www-authenticate"), "Bearer")
        assert.notInclude(text, "tell-nobody")
        assert.strictEqual(yield* ask("Bearer wrong"), 401)
        assert.strictEqual(yield* ask("Basic tell-nobody"), 401)
        assert.strictEqual(yield* ask("Bearer tell-nobody"), 200)
      }),
    { metricsToken: Redacted.make("tell-nobody") }
  )
})

describe("Prometheus' text format", () => {
  it("escapes what would break a line", () => {
    const family = {
      name: "odd",
      type: "gauge",
      help: "A \\ and\na newline",
      samples: [
        { labels: { text: 'say "\\" \n' }, value: 1.5e-7 },
        { labels: { text: "none" }, value: Infinity }
      ]
    } as const
    const text = formatMetrics([family])
    assert.strictEqual(
      text,
      '# HELP odd A \\\\ and\\na newline\n# TYPE odd gauge\nodd{text="say \\"\\\\\\" \\n"} 1.5e-7\nodd{text="none"} +Inf\n'
    )
    assert.strictEqual(parsePrometheus(text).get("odd")?.samples.size, 2)
  })
})

describe("numbers in Prometheus' text format", () => {
  it.each([
    [Number.NaN, "NaN"],
    [Infinity, "+Inf"],
    [-Infinity, "-Inf"],
    [-0.5, "-0.5"]
  ])("%s is written %s", (value, text) => {
    assert.include(formatMetrics([metric("gauge", "odd", "Odd.", value)]), `\nodd ${text}\n`)
  })
})

describe("the log of refusals", () => {
  it.effect("has one line a reason in 10 s, however many there are", () =>
    Effect.gen(function* () {
      const { layer, lines } = logged()
      const counts = new RelayCounts()
      yield* Effect.gen(function* () {
        yield* logRefusals(counts)
        for (let n = 0; n < 100_000; n++) counts.refuse("origin")
        counts.refuse("dead")
        yield* TestClock.adjust("9 seconds")
        assert.deepEqual(lines, [])
        yield* TestClock.adjust("1 second")
        assert.deepEqual(lines, ["Refused 100000: origin", "Refused 1: dead"])
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(lines.length, 2)
        counts.refuse("origin")
      }).pipe(Effect.scoped, Effect.provide(layer))
      assert.strictEqual(lines.at(-1), "Refused 1: origin")
    })
  )
})

describe("the log of refused origins", () => {
  it.live("names one of them, unless it is not to be shown", () =>
    Effect.gen(function* () {
      const origins = ["https://forgotten.example", `https://${"x".repeat(10_000)}.example`]
      const lines: Array<string> = []
      const logger = Logger.map(Logger.formatJson, (line) => void lines.push(line))
      for (const origin of origins) {
        yield* Effect.gen(function* () {
          const { url } = yield* Relay
          yield* Effect.callback<void>((resume) => {
            const socket = new WebSocket(`${url}/v1/socket/production`, { origin })
            socket.on("error", () => resume(Effect.void))
          })
        }).pipe(
          Effect.scoped,
          Effect.provide(relayWith({ allowedOrigins: ["https://a.example"] })),
          Effect.provide(Logger.layer([logger]))
        )
      }
      assert.lengthOf(lines, 2)
      assert.include(lines[0], `"origin":"https://forgotten.example"`)
      assert.notInclude(lines[1], "xxx")
      assert.include(lines[1], "Refused 1: origin")
    })
  )
})

describe("the log of connections", () => {
  it.live("has who came and went at debug, and nothing of it at info", () =>
    Effect.gen(function* () {
      const visit = (level: "Debug" | "Info") => {
        const { layer, lines } = logged()
        return Effect.gen(function* () {
          const { url } = yield* Relay
          const client = yield* join(url, "p-ada")
          client.socket.close()
          yield* client.closed
          return lines
        }).pipe(
          Effect.scoped,
          Effect.provide(relayWith({})),
          Effect.provide(layer),
          Effect.provideService(References.MinimumLogLevel, level)
        )
      }
      const debug = (yield* visit("Debug")).join("\n")
      assert.match(debug, /connection opened/)
      assert.match(debug, /connection closed/)
      assert.notMatch((yield* visit("Info")).join("\n"), /connection/)
    })
  )
})
