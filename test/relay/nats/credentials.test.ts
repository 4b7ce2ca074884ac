/**
 * How a node proves to NATS who it is, and what it says when it is refused.
 */
import { createServer } from "node:http"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as nats from "@nats-io/transport-node"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { BackplaneError } from "../../../src/relay/Backplane.ts"
import { NatsBackplane, type NatsOptions } from "../../../src/relay/nats/NatsBackplane.ts"
import { Relay } from "../../../src/relay/Relay.ts"
import { RelayAuth } from "../../../src/relay/RelayAuth.ts"
import { isOpensslMissing, makeCertificates } from "../../support/certificates.ts"
import { droppedBy } from "../../support/droppedBy.ts"
import { listen } from "../../support/listen.ts"
import * as natsServer from "../../support/natsServer.ts"
import { assertHeard, joinNats, live, onNats, production, untilStatus } from "./natsTest.ts"

const secret = "s3cret-of-ours"
const userConfig = `authorization { user: relay, password: "${secret}" }`

/** The error of a layer that must not build; it holds no secret. */
const refusal = Effect.fnUntraced(function* (options: NatsOptions) {
  const error = yield* Effect.flip(joinNats(options))
  assert.instanceOf(error, BackplaneError)
  assert.notInclude(JSON.stringify(error) + error.message + String(error.stack), secret)
  return error
})

const assertJoins = Effect.fnUntraced(function* (options: NatsOptions) {
  const [a, b] = yield* Effect.all([joinNats(options), joinNats(options)])
  assert.strictEqual(a.status()._tag, "Connected")
  yield* assertHeard(a, b)
})

onNats("a node and its credentials", () => {
  live(
    "joins with user and password, in options or URL, whatever is in them, and is refused without",
    Effect.gen(function* () {
      const password = `${secret}@:/%?#é`
      const server = yield* natsServer.make({
        config: `authorization { user: "re:lay", password: "${password}" }`
      })
      yield* assertJoins({ servers: server.url, user: "re:lay", password: Redacted.make(password) })
      const inUrl = `re%3Alay:${encodeURIComponent(password)}@127.0.0.1:${server.port}`
      yield* assertJoins({ servers: `nats://${inUrl}` })
      yield* assertJoins({ servers: inUrl })
      const wrong = yield* refusal({
        servers: server.url,
        user: "re:lay",
        password: Redacted.make(`${secret}!`)
      })
      assert.strictEqual(wrong.reason, "credentials")
      assert.include(wrong.message, `127.0.0.1:${server.port}`)
      assert.strictEqual((yield* refusal({ servers: server.url })).reason, "credentials")
    })
  )

  live(
    "joins with a token, in options or URL",
    Effect.gen(function* () {
      const server = yield* natsServer.make({ config: `authorization { token: "${secret}" }` })
      yield* assertJoins({ servers: server.url, token: Redacted.make(secret) })
      yield* assertJoins({ servers: `nats://${secret}@127.0.0.1:${server.port}` })
      const error = yield* refusal({ servers: `nats://${secret}x@127.0.0.1:${server.port}` })
      assert.strictEqual(error.reason, "credentials")
    })
  )

  live(
    "joins with an nkey",
    Effect.gen(function* () {
      const pair = nats.nkeys.createUser()
      const server = yield* natsServer.make({
        config: `authorization { users: [ { nkey: ${pair.getPublicKey()} } ] }`
      })
      const seed = new TextDecoder().decode(pair.getSeed())
      yield* assertJoins({ servers: server.url, nkey: Redacted.make(`${seed}\n`) })
      const error = yield* refusal({ servers: server.url, nkey: Redacted.make(secret) })
      assert.strictEqual(error.reason, "credentials")
      assert.include(error.message, "SU")
    })
  )

  live(
    "says of a credentials file that it is missing, or none",
    Effect.gen(function* () {
      const server = yield* natsServer.make()
      const missing = yield* refusal({ servers: server.url, credentialsFile: "missing.creds" })
      assert.strictEqual(missing.reason, "file")
      assert.include(missing.message, "missing.creds")
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "creds-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true }))
      )
      const credentialsFile = join(directory, "relay.creds")
      writeFileSync(credentialsFile, secret)
      const none = yield* refusal({ servers: server.url, credentialsFile })
      assert.strictEqual(none.reason, "credentials")
      assert.include(none.message, credentialsFile)
    })
  )

  live(
    "goes on trying where it is refused later, says so, and logs no secret",
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.map(Logger.formatJson, (line) => void lines.push(line))
      const server = yield* natsServer.make({ config: userConfig })
      const servers = `nats://relay:${secret}@127.0.0.1:${server.port}`
      const a = yield* joinNats({ servers }).pipe(Effect.provide(Logger.layer([logger])))
      yield* server.stop
      yield* server.start(`authorization { user: relay, password: "another" }`)
      const refused = yield* untilStatus(a, "refused")
      assert.notInclude(JSON.stringify(refused), secret)
      yield* server.stop
      yield* server.start()
      yield* untilStatus(a)
      assert.isTrue(lines.some((line) => line.includes("Authorization Violation")))
      assert.notInclude(lines.join(), secret)
    })
  )

  live(
    "counts what the server does not let it publish, and stays connected",
    Effect.gen(function* () {
      const server = yield* natsServer.make({
        config: `authorization { users: [ { user: a, password: "${secret}", permissions: {
          publish: "bifur.presence.other.>", subscribe: "bifur.presence.other.>" } } ] }`
      })
      const options = { servers: server.url, user: "a", password: Redacted.make(secret) }
      const [a, b] = yield* Effect.all([joinNats(options), joinNats(options)])
      yield* b.subscribe(production, () => assert.fail("not allowed"))
      a.publish(production, "not allowed")
      yield* assertHeard(a, b, {
        _tag: "Room",
        room: { _tag: "Dataset", project: "other", dataset: "production" }
      })
      assert.strictEqual(droppedBy(a), 1)
      assert.strictEqual(a.status()._tag, "Connected")
    })
  )

  live(
    "that may not say or hear anything is degraded, and says what to allow, until it may",
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.map(Logger.formatJson, (line) => void lines.push(line))
      const user = (subjects: string) => `authorization { users: [ { user: a, password: "${secret}",
        permissions: { publish: "${subjects}", subscribe: "${subjects}" } } ] }`
      const server = yield* natsServer.make({ config: user("other.>") })
      const options = { servers: server.url, user: "a", password: Redacted.make(secret) }
      const nats = NatsBackplane.layer({ ...options, reconnectWait: 20, reconnectJitter: 20 })
      const layer = Relay.layerNode({ port: 0 }).pipe(
        Layer.provide([RelayAuth.layerDevelopment, nats]),
        Layer.provide(Logger.layer([logger]))
      )
      const { url } = Context.get(yield* Layer.build(layer), Relay)
      const read = (path: string) =>
        Effect.promise(() => fetch(`${url}${path}`).then((response) => response.text()))
      const untilHealth = (...parts: ReadonlyArray<string>) =>
        read("/healthz").pipe(
          Effect.repeat({
            until: (text) => parts.every((part) => text.includes(part)),
            schedule: Schedule.spaced(20)
          }),
          Effect.timeout("10 seconds")
        )
      yield* untilHealth(`"degraded"`, `"refused"`, "bifur.presence.>")
      assert.include(yield* read("/metrics"), "backplane_refused 1\n")
      yield* Effect.sleep("2500 millis")
      const refused = lines.filter((line) => line.includes("relay/backplane/refused"))
      for (const operation of ["publish", "subscribe"]) {
        const said = refused.filter((line) => line.includes(`"operation":"${operation}"`))
        assert.lengthOf(said, 1)
        assert.include(said[0], "publish and to subscribe on bifur.presence.>")
      }
      yield* server.stop
      yield* untilHealth(`"disconnected"`)
      yield* server.start(user("bifur.presence.>"))
      yield* untilHealth(`"status":"ok"`)
      assert.include(yield* read("/metrics"), "backplane_refused 0\n")
    })
  )
})

describe.skipIf(isOpensslMissing || natsServer.isNatsMissing)("a node and TLS", () => {
  live(
    "joins where it knows the authority, with a certificate of its own where asked, and else says what to do",
    Effect.gen(function* () {
      const certificates = yield* makeCertificates
      const { ca, cert, key } = certificates
      const server = yield* natsServer.make({ tls: certificates })
      for (const host of ["127.0.0.1", "localhost"]) {
        yield* assertJoins({ servers: `tls://${host}:${server.port}`, tls: { ca } })
      }
      yield* assertJoins({ servers: server.url, tls: { ca } })
      const unknown = yield* refusal({ servers: server.url })
      assert.strictEqual(unknown.reason, "tls")
      assert.include(unknown.message, "certificate authority")
      assert.include(unknown.message, "--nats-tls-ca")
      const missing = yield* refusal({ servers: server.url, tls: { ca: "missing.pem" } })
      assert.strictEqual(missing.reason, "file")

      const strict = yield* natsServer.make({ tls: certificates, verifiesClients: true })
      yield* assertJoins({ servers: strict.url, tls: { ca, cert, key } })
      assert.strictEqual((yield* refusal({ servers: strict.url, tls: { ca } })).reason, "tls")
    })
  )

  live(
    "never falls back to an open connection where TLS was asked for",
    Effect.gen(function* () {
      const server = yield* natsServer.make()
      const byUrl = yield* refusal({ servers: `tls://127.0.0.1:${server.port}` })
      assert.strictEqual(byUrl.reason, "tls")
      assert.include(byUrl.message, "connect with nats://")
      assert.notInclude(byUrl.message, "certificate authority")
      assert.strictEqual((yield* refusal({ servers: server.url, tls: {} })).reason, "tls")
    })
  )
})

describe("options of NATS", () => {
  it.live("names what is no NATS server", () =>
    Effect.gen(function* () {
      const http = createServer()
      const { port } = yield* listen(http)
      // It talks first, unlike HTTP, as SSH and databases do.
      http.on("connection", (socket) => void socket.write("HELLO\r\n"))
      const error = yield* refusal({ servers: `nats://127.0.0.1:${port}` })
      assert.strictEqual(error.reason, "no-nats")
    }).pipe(Effect.scoped)
  )

  const servers = "nats://127.0.0.1:4222"
  const token = Redacted.make(secret)
  const wrong: ReadonlyArray<readonly [string, NatsOptions, string]> = [
    ["no server", { servers: [] }, "No NATS server"],
    ["an empty URL", { servers: "" }, "server 1 is no URL"],
    [
      "a port that is none",
      { servers: [servers, `nats://u:${secret}@host:99999`] },
      "server 2 is no URL"
    ],
    ["the port 0", { servers: `nats://u:${secret}@host:0` }, "server 1 has the port 0"],
    ["another scheme", { servers: `http://u:${secret}@host` }, "unknown scheme"],
    ["a WebSocket", { servers: `wss://u:${secret}@host` }, "WebSocket"],
    ["a path", { servers: `nats://u:${secret}@host/path` }, "behind the port"],
    ["a slash in a password", { servers: `nats://u:a/${secret}@host` }, "is no URL"],
    ["two kinds of credentials", { servers, user: "u", token }, "several kinds"],
    ["credentials in URL and options", { servers: `${secret}@host`, token }, "several kinds"],
    ["URLs that differ", { servers: [`u:${secret}@a`, "u:other@b"] }, "different credentials"],
    ["a password without a user", { servers, password: token }, "no user"],
    ["a wildcard in the prefix", { servers, subjectPrefix: "bifur.>" }, "prefix"],
    ["a certificate without a key", { servers, tls: { cert: "cert.pem" } }, "both, cert and key"],
    ["no time to connect", { servers, connectTimeout: 0 }, "connectTimeout"],
    ["a fraction of an attempt", { servers, maxReconnectAttempts: 0.5 }, "maxReconnectAttempts"]
  ]
  it.live.each(wrong)("refuses %s", ([, options, said]) =>
    Effect.gen(function* () {
      const error = yield* refusal(options)
      assert.strictEqual(error.reason, "option")
      assert.include(error.message, said)
    }).pipe(Effect.scoped)
  )
})
