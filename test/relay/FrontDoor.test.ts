/** Requests before they are connections: refused ones, unfinished ones, those of pages. */
import { readFileSync } from "node:fs"
import { get } from "node:https"
import { connect as connectTls } from "node:tls"
import { assert, describe, it } from "@effect/vitest"
import * as NodeWS from "@effect/platform-node/NodeWS"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Relay } from "../../src/relay/Relay.ts"
import { isOpensslMissing, makeCertificates } from "../support/certificates.ts"
import { eventually, openRaw, openSockets, upgradeHead } from "./RawSocket.ts"
import { connect } from "./RelayClient.ts"
import { relay, relayWith } from "./relayTest.ts"
import { ask, couple, refusals } from "./visitor.ts"

describe("a request that is turned away", () => {
  relay("[S10] leaves no socket behind, though the other side never closes its own", (url) =>
    Effect.gen(function* () {
      const heads = [upgradeHead({}, "/nope"), upgradeHead({ "Sec-WebSocket-Key": "x" })]
      const raws = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, n) => heads[n % 2] ?? ""),
        (head) => openRaw(url, head)
      )
      for (const raw of raws) yield* raw.over
      yield* eventually("only our ends", () => openSockets() <= raws.length)
    })
  )

  relay("[S10] is told why, even where it has said more than it was asked", (url) =>
    Effect.gen(function* () {
      const raw = yield* openRaw(url, upgradeHead({}, "/nope") + "x".repeat(100_000))
      yield* raw.over
      assert.include(raw.text, "HTTP/1.1 404")
      assert.include(raw.text, "There is no WebSocket at this path.")
    })
  )

  for (const [what, headers, status] of [
    ["without a key", { "Sec-WebSocket-Key": undefined }, 400],
    ["with a bad key", { "Sec-WebSocket-Key": "short" }, 400],
    ["of another version", { "Sec-WebSocket-Version": "12" }, 400]
  ] as const) {
    relay(`[S6] ${what} gets ${status}`, (url) =>
      Effect.gen(function* () {
        const raw = yield* openRaw(url, upgradeHead(headers))
        yield* raw.over
        assert.include(raw.text, `HTTP/1.1 ${status}`)
      })
    )
  }
})

describe("a request that offers another protocol", () => {
  relay("is answered as if it had not: HTTP clients offer HTTP/2 on their own", (url) =>
    Effect.gen(function* () {
      const raw = yield* openRaw(url, upgradeHead({ Upgrade: "h2c" }, "/healthz/live"))
      yield* raw.upgraded
      assert.include(raw.text, "HTTP/1.1 200")
    })
  )
})

describe("origins", () => {
  const allowedOrigins = ["https://studio.example.com", "https://*.preview.example.com"]
  const listed = ["https://studio.example.com", "https://pr-7.preview.example.com"]
  const unlisted = [
    "https://evil.com",
    "https://preview.example.com",
    "https://a.b.preview.example.com",
    "http://studio.example.com",
    "null"
  ]

  relay(
    "[S10] that are not listed get 403 for a WebSocket, and no word that lets a page read HTTP",
    (url) =>
      Effect.gen(function* () {
        const cors = (origin: string, init: RequestInit = {}) =>
          Effect.promise(async () => {
            const { headers } = await fetch(`${url}/v1/users/me`, {
              ...init,
              headers: { origin, ...init.headers }
            })
            return headers.get("access-control-allow-origin")
          })
        const preflight = {
          method: "OPTIONS",
          headers: { "access-control-request-method": "GET" }
        }
        for (const origin of listed) {
          assert.strictEqual((yield* ask(url, { origin })).status, 101, origin)
          assert.strictEqual(yield* cors(origin), origin)
          assert.strictEqual(yield* cors(origin, preflight), origin)
        }
        for (const [index, origin] of unlisted.entries()) {
          const { body, status } = yield* ask(url, { origin })
          assert.strictEqual(status, 403, origin)
          assert.containSubset(body, { statusCode: 403, error: "Forbidden" })
          assert.strictEqual(yield* refusals(url, "origin"), index + 1)
          assert.isNull(yield* cors(origin))
          assert.isNull(yield* cors(origin, preflight))
        }
        assert.strictEqual((yield* ask(url)).status, 101)
        yield* yield* couple(url)
      }),
    { allowedOrigins }
  )
})

describe("authorization", () => {
  relay(
    "[S2] that does not come in time closes the connection, which is counted",
    (url) =>
      Effect.gen(function* () {
        const goOn = yield* couple(url)
        const silent = yield* connect(url)
        const { code, reason } = yield* silent.closed
        assert.strictEqual(code, 4001)
        assert.include(reason, "not authorized within 0.3 s")
        assert.strictEqual(yield* refusals(url, "authorization-timeout"), 1)
        yield* goOn
      }),
    { authorizationTimeout: "300 millis" }
  )

  relay("[S2] that is refused is counted, as often as it is", (url) =>
    Effect.gen(function* () {
      const client = yield* connect(url)
      for (let n = 0; n < 9; n++) assert.isDefined((yield* client.authorize("n o")).error)
      assert.isUndefined((yield* client.authorize("p-ada")).error)
      for (let n = 0; n < 91; n++) assert.isDefined((yield* client.authorize("n o")).error)
      assert.strictEqual(yield* refusals(url, "unauthorized"), 100)
    })
  )
})

const timings = { handshakeTimeout: "700 millis", authorizationTimeout: "1 second" } as const

/** Nothing has moved for as long as both together. */
const short = { handshakeTimeout: "700 millis", authorizationTimeout: "300 millis" } as const

/** As long as the deadline, and Node looks for those beyond it every 500 ms. */
const cutOffWithin = 700 + 500 + 1_000

describe("a socket that does not finish its handshake", () => {
  const slow: ReadonlyArray<readonly [what: string, first: string, then: string]> = [
    ["says nothing", "", ""],
    ["says half a head", "GET /v1/socket/production HTTP/1.1\r\nHost: local", ""],
    ["says its head a byte at a time", "", upgradeHead().slice(0, -2)],
    ["never comes to the end of its headers", "GET / HTTP/1.1\r\n", "X: y\r\n".repeat(50)],
    [
      "says half of the body",
      "POST /v1/users HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
      "ab"
    ]
  ]

  for (const [what, first, then] of slow) {
    relay(
      `[S10] because it ${what} is cut off by the deadline, and counted`,
      (url) =>
        Effect.gen(function* () {
          const start = performance.now()
          const raw = yield* openRaw(url, first)
          const letters = then[Symbol.iterator]()
          const drip = setInterval(() => {
            const { done, value } = letters.next()
            if (done !== true) raw.socket.write(value)
          }, 20)
          yield* Effect.addFinalizer(() => Effect.sync(() => clearInterval(drip)))
          yield* raw.over
          assert.isBelow(performance.now() - start, cutOffWithin)
          yield* eventually("only our end", () => openSockets() <= 1)
          raw.socket.destroy()
          assert.strictEqual(yield* refusals(url, "handshake-timeout"), 1)
        }),
      timings
    )
  }
})

describe("a client of HTTP that reads no answers", () => {
  relay(
    "[S10] is cut off once nothing has moved for a while",
    (url) =>
      Effect.gen(function* () {
        const raw = yield* openRaw(url)
        raw.socket.pause()
        raw.socket.write("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000))
        yield* eventually("only our end", () => openSockets() <= 1)
      }),
    short
  )
})

describe("over TLS", () => {
  it.live.skipIf(isOpensslMissing)(
    "[S10] who does not finish the handshake is cut off by the deadline and counted, others come in",
    () =>
      Effect.gen(function* () {
        const files = yield* makeCertificates
        const tls = { cert: readFileSync(files.cert, "utf8"), key: readFileSync(files.key, "utf8") }
        const ca = readFileSync(files.ca, "utf8")
        const layer = relayWith({ ...timings, tls })
        const { address, url } = Context.get(yield* Layer.build(layer), Relay)
        assert.isTrue(url.startsWith("https://"))
        const start = performance.now()
        const halfHello = Buffer.from("1603010200010001fc0303", "hex")
        const raws = yield* Effect.forEach(["", halfHello, "GET / HTTP/1.1\r\n\r\n"], (first) =>
          openRaw(url, first)
        )
        const inside = yield* Effect.acquireRelease(
          Effect.sync(() => connectTls({ host: "127.0.0.1", port: address.port, ca })),
          (socket) => Effect.sync(() => socket.destroy())
        )
        inside.on("error", () => undefined).resume()
        inside.write("GET /healthz HTTP/1.1\r\nHost: loc")
        const client = new NodeWS.WebSocket(`${url.replace("http", "ws")}/v1/socket/production`, {
          ca
        })
        const opened = new Promise<void>((resolve, reject) =>
          client.on("open", resolve).on("error", reject)
        )
        const closed = new Promise<number>((resolve) => client.on("close", resolve))
        yield* Effect.promise(() => opened)
        for (const raw of raws) yield* raw.over
        yield* eventually("cut off", () => inside.destroyed || inside.readableEnded)
        assert.isBelow(performance.now() - start, cutOffWithin)
        assert.strictEqual(yield* Effect.promise(() => closed), 4001)
        // Silence, half a hello, half a head; what is no TLS at all has not kept anyone waiting.
        const metrics = yield* Effect.callback<string>((resume) => {
          get(`${url}/metrics`, { ca }, (response) => {
            let text = ""
            response.on("data", (data) => (text += String(data)))
            response.on("end", () => resume(Effect.succeed(text)))
          })
        })
        assert.include(metrics, 'refusals_total{reason="handshake-timeout"} 3\n')
      })
  )
})
