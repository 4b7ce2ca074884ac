import { createHash } from "node:crypto"
import { chmodSync, readFileSync, writeFileSync } from "node:fs"
import { request } from "node:https"
import { join as joinPath } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Relay } from "../../src/relay/Relay.ts"
import { isOpensslMissing, makeCertificates } from "../support/certificates.ts"
import { directory } from "../support/directory.ts"
import * as NatsServer from "../support/natsServer.ts"
import { run, runWith, type Variables } from "./cliProcess.ts"
import { connect, join } from "../relay/RelayClient.ts"

const development = ["relay", "--auth", "development", "--port", "0"] as const

/** A file that is gone with the scope. */
const temporary = (content: string) =>
  Effect.map(directory, (folder) => {
    const path = joinPath(folder, "file")
    writeFileSync(path, content)
    chmodSync(path, 0o600)
    return path
  })

/** What one line says on stderr of a command that cannot start, and its exit code. */
const ending = Effect.fnUntraced(function* (variables: Variables, ...args: ReadonlyArray<string>) {
  const { code, stderr, stdout } = yield* (yield* runWith(variables, "relay", ...args)).ended
  assert.strictEqual(stdout, "")
  assert.match(stderr, /^sanity-presence: [^\n]+\n$/)
  return { code, stderr }
})

/** What is said of flags, variables or files that are wrong. */
const complaint = Effect.fnUntraced(function* (
  variables: Variables,
  ...args: ReadonlyArray<string>
) {
  const { code, stderr } = yield* ending(variables, ...args)
  assert.strictEqual(code, 2)
  return stderr
})

describe("sanity-presence relay", () => {
  it.live.each(["SIGINT", "SIGTERM"] as const)(
    "prints where it listens and how to connect, and stops on %s",
    (signal) =>
      Effect.gen(function* () {
        const cli = yield* run(...development, "--project", "demo")
        const url = yield* cli.url
        yield* cli.printed(/DEVELOPMENT ONLY.*p-ada-lovelace.*\n/)
        const client = yield* join(url, "p-ada")
        const start = performance.now()
        cli.kill(signal)
        const { code, stderr, stdout } = yield* cli.ended
        assert.isBelow(performance.now() - start, 10_000)
        assert.strictEqual(code, 0)
        assert.strictEqual(stderr, "")
        assert.strictEqual((yield* client.closed).code, 1012)
        assert.include(stdout, "Stopping")
      })
  )

  it.live("on a port in use says so in one line and exits with 1", () =>
    Effect.gen(function* () {
      const { address } = yield* Relay
      const { code, stderr } = yield* ending(
        {},
        "--auth",
        "development",
        "--port",
        `${address.port}`
      )
      assert.strictEqual(code, 1)
      assert.match(stderr, /^sanity-presence: Port \d+ on 127\.0\.0\.1 is in use\. .*--port.*\n$/)
    }).pipe(Effect.provide(Relay.layerTest))
  )

  it.live.each([
    ["--prot", "4000"],
    ["--port", "many"],
    ["--port", "70000"],
    ["--heartbeat-interval", "0"],
    ["--silence-timeout", "1"],
    ["--silence-timeout", "31"],
    ["--trusted-proxies", "-1"],
    ["--max-rooms", "1.5"],
    ["--max-rooms", "0x10"],
    ["--allowed-origins", ","],
    ["--allowed-origins", "https://a.example,example.com"],
    ["--allowed-origins", "https://example.com/"],
    ["--auth", "none"],
    ["--sanity-api-host", "api.sanity.io"],
    ["--log-format", "xml"],
    ["--log-level", "loud"],
    ["--roll-call", "sometimes"]
  ])("with %s %s says what is wrong in one line and exits with 2", ([flag = "", value = ""]) =>
    Effect.gen(function* () {
      const { code, stderr } = yield* ending({}, flag, value)
      assert.strictEqual(code, 2)
      assert.match(stderr, / \(see sanity-presence relay --help\)\n$/)
      assert.include(stderr, flag)
    })
  )

  it.live("without a way to authenticate names the three that there are", () =>
    Effect.gen(function* () {
      const text = yield* complaint({})
      for (const kind of ["development", "tokens --tokens-file", "sanity"]) {
        assert.include(text, `--auth ${kind}`)
      }
    })
  )

  it.live.each([
    [["--auth", "tokens"], "--tokens-file"],
    [["--auth", "tokens", "--tokens-file", "/nowhere/tokens.json"], "/nowhere/tokens.json"],
    [["--auth", "development", "--tokens-file", "tokens.json"], "--auth tokens"],
    [["--auth", "development", "--token-time-to-live", "60"], "--auth tokens"],
    [["--auth", "tokens", "--sanity-projects", "abc"], "--auth sanity"],
    [["--auth", "development", "--tls-cert", "cert.pem"], "--tls-key"],
    [
      ["--auth", "development", "--tls-cert", "/nowhere/c", "--tls-key", "/nowhere/k"],
      "--tls-cert"
    ],
    [["--auth", "development", "--nats-user", "relay"], "--nats nats://"],
    [["--auth", "development", "--nats", "ws://127.0.0.1:4222"], "WebSocket"],
    [
      ["--auth", "development", "--nats", "127.0.0.1", "--nats-credentials-file", "/nowhere/c"],
      "/nowhere/c"
    ],
    [["--auth", "development", "--metrics-token-file", "/nowhere"], "--metrics-token-file"]
  ] as const)("[T3] with %j says what is missing, %s", ([args, expected]) =>
    Effect.gen(function* () {
      assert.include(yield* complaint({}, ...args), expected)
    })
  )

  it.live("[T3] with a file of tokens that is none says where it is wrong", () =>
    Effect.gen(function* () {
      const path = yield* temporary("{ tokens: }")
      const text = yield* complaint({}, "--auth", "tokens", "--tokens-file", path)
      assert.include(text, path)
    })
  )

  it.live("takes variables, over which flags win, and empty ones for none", () =>
    Effect.gen(function* () {
      const { address } = yield* Relay
      const variables = { AUTH: "development", PORT: `${address.port}`, HOST: "" }
      const cli = yield* runWith({ ...variables, LOG_LEVEL: "debug" }, "relay", "--port", "0")
      yield* cli.printed(/"level":"DEBUG"/)
      assert.include(yield* cli.url, "http://127.0.0.1:")
      assert.include((yield* ending(variables)).stderr, "in use")
    }).pipe(Effect.provide(Relay.layerTest))
  )

  it.live.each([
    [{ SILENCE_TIMEOUT: "1" }, "SANITY_PRESENCE_RELAY_SILENCE_TIMEOUT"],
    [{ LOG_LEVEL: "loud" }, "SANITY_PRESENCE_RELAY_LOG_LEVEL"],
    [{ PORT: "tcp://10.0.0.1:4000" }, "enableServiceLinks"]
  ] as const)("with a variable that makes no sense, %j, names it", ([variables, expected]) =>
    Effect.gen(function* () {
      assert.include(yield* complaint(variables, "--auth", "development"), expected)
    })
  )

  it.live("warns of variables that are no settings, for a misspelt bound is none", () =>
    Effect.gen(function* () {
      const variables = { ALLOWED_ORIGIN: "https://a.example", SERVICE_HOST: "10.0.0.1" }
      const cli = yield* runWith(variables, ...development)
      const line = yield* cli.printed(/.*check the spelling.*\n/)
      assert.include(line, "SANITY_PRESENCE_RELAY_ALLOWED_ORIGIN")
      assert.notInclude(line, "SERVICE_HOST")
    })
  )

  it.live("warns that the network may be anyone, where it listens for it in development", () =>
    Effect.gen(function* () {
      const cli = yield* run(...development, "--host", "0.0.0.0")
      yield* cli.printed(/over the network may be anyone.*--auth sanity.*\n/)
      const local = yield* run(...development, "--host", "localhost")
      yield* local.printed(/Relay listening on/)
      yield* local.printed(/DEVELOPMENT ONLY.*\n/)
      local.kill("SIGTERM")
      assert.notInclude((yield* local.ended).stdout, "over the network")
    })
  )

  it.live("lets in who has a token of the file, and nobody else", () =>
    Effect.gen(function* () {
      const sha256 = createHash("sha256").update("a token of the file").digest("hex")
      const path = yield* temporary(JSON.stringify({ tokens: [{ sha256, user: "p-ada" }] }))
      const cli = yield* run("relay", "--port", "0", "--auth", "tokens", "--tokens-file", path)
      const client = yield* connect(yield* cli.url)
      assert.isDefined((yield* client.authorize("p-ada")).error)
      assert.isUndefined((yield* client.authorize("a token of the file")).error)
    })
  )

  it.live("says which project it took a token to be for, and takes another with --project", () =>
    Effect.gen(function* () {
      const token = "a token of the file"
      const sha256 = createHash("sha256").update(token).digest("hex")
      const path = yield* temporary(
        JSON.stringify({ tokens: [{ sha256, user: "p-ada", projects: ["abc123"] }] })
      )
      const start = ["relay", "--port", "0", "--auth", "tokens", "--tokens-file", path]
      const answerOf = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        const client = yield* connect(yield* (yield* run(...start, ...args)).url)
        return (yield* client.authorize(token)).error
      })
      assert.include(JSON.stringify(yield* answerOf()), "the project demo,")
      assert.isUndefined(yield* answerOf("--project", "abc123"))
    })
  )

  it.live("warns where its own project is none of several of Sanity", () =>
    Effect.gen(function* () {
      const start = ["relay", "--port", "0", "--auth", "sanity", "--sanity-projects", "abc,def"]
      const cli = yield* run(...start)
      yield* cli.printed(/taken to be for demo, .*--project abc\b.*\n/)
      const other = yield* run(...start, "--project", "def")
      yield* other.url
      other.kill("SIGTERM")
      assert.notInclude((yield* other.ended).stdout, "taken to be")
    })
  )

  it.live("[T5] warns where everybody's tokens go over the network in clear", () =>
    Effect.gen(function* () {
      const start = ["relay", "--port", "0", "--auth", "sanity", "--sanity-projects", "abc"]
      const api = ["--sanity-api-host", "http://sanity.invalid"]
      const cli = yield* run(...start, ...api)
      yield* cli.printed(/tokens go to http:\/\/sanity.invalid without TLS.*\n/)
      const other = yield* run(...start, "--sanity-api-host", "http://localhost:1")
      yield* other.url
      other.kill("SIGTERM")
      assert.notInclude((yield* other.ended).stdout, "without TLS")
    })
  )

  it.live("starts with Sanity, and says that it serves every project where none is named", () =>
    Effect.gen(function* () {
      const api = ["--sanity-api-host", "http://127.0.0.1:1"]
      const cli = yield* run("relay", "--port", "0", "--auth", "sanity", ...api)
      yield* cli.printed(/every project/)
      const client = yield* connect(yield* cli.url)
      yield* Effect.forkScoped(client.authorize("a-token"))
      assert.strictEqual((yield* client.closed).code, 1013)
    })
  )

  it.live("serves the only project of Sanity that it is given, by any name if it is told so", () =>
    Effect.gen(function* () {
      const sanity = ["--auth", "sanity", "--sanity-projects", "abc123"]
      const start = ["relay", "--port", "0", ...sanity, "--sanity-api-host", "http://127.0.0.1:1"]
      const isAskedFor = Effect.fnUntraced(function* (url: string, host?: string) {
        const client = yield* connect(url, undefined, host)
        const refused = Effect.as(client.authorize("a-token"), false)
        // Sanity can't be reached, but is asked.
        const postponed = Effect.map(client.closed, ({ code }) => code === 1013)
        return yield* Effect.raceFirst(refused, postponed)
      })
      const url = yield* (yield* run(...start)).url
      assert.isTrue(yield* isAskedFor(url))
      assert.isTrue(yield* isAskedFor(url, "abc123.presence.example.com"))
      assert.isFalse(yield* isAskedFor(url, "presence.example.com"))
      const named = yield* (yield* run(...start, "--project-from-host", "no")).url
      assert.isTrue(yield* isAskedFor(named, "presence.example.com"))
    })
  )

  it.live.skipIf(isOpensslMissing)("serves TLS with a certificate and its key", () =>
    Effect.gen(function* () {
      const { ca, cert, key } = yield* makeCertificates
      const cli = yield* run(...development, "--tls-cert", cert, "--tls-key", key)
      const url = yield* cli.url
      assert.match(url, /^https:/)
      const status = yield* Effect.callback<number | undefined>((resume) => {
        request(`${url}/healthz`, { ca: readFileSync(ca) }, (response) =>
          resume(Effect.succeed(response.resume().statusCode))
        ).end()
      })
      assert.strictEqual(status, 200)
    })
  )
})

describe("the log", () => {
  it.live("is JSON, a line each, where it is no terminal", () =>
    Effect.gen(function* () {
      const cli = yield* run(...development)
      yield* cli.printed(/DEVELOPMENT.*\n/)
      cli.kill("SIGTERM")
      const lines = (yield* cli.ended).stdout.trimEnd().split("\n")
      const entries = lines.map((line): unknown => JSON.parse(line))
      assert.containSubset(entries[0], {
        level: "INFO",
        annotations: { action: "relay/start", auth: "development" }
      })
      assert.containSubset(entries[1], { level: "WARN" })
      assert.containSubset(entries.at(-1), { annotations: { action: "relay/stop" } })
    })
  )

  it.live.each([
    ["logfmt", /^timestamp=\S+ level=INFO .*action=relay\/start/],
    ["pretty", /INFO.*Relay listening/]
  ] as const)("is %s where that is asked for", ([format, pattern]) =>
    Effect.gen(function* () {
      const cli = yield* run(...development, "--log-format", format)
      yield* cli.printed(pattern)
    })
  )

  it.live("is silent below its level", () =>
    Effect.gen(function* () {
      const cli = yield* runWith({}, ...development, "--log-level", "warn")
      yield* cli.printed(/DEVELOPMENT/)
      cli.kill("SIGTERM")
      assert.notInclude((yield* cli.ended).stdout, "INFO")
    })
  )

  it.live("holds no token and no password, at any level", () =>
    Effect.gen(function* () {
      const path = yield* temporary(
        JSON.stringify({ tokens: [{ token: "tell-nobody-token", user: "p-ada" }] })
      )
      const cli = yield* runWith(
        {
          METRICS_TOKEN: "tell-nobody-metrics",
          NATS: "nats://relay:tell-nobody-nats@127.0.0.1:1",
          NATS_RECONNECT_WAIT: "0.1"
        },
        "relay",
        "--port",
        "0",
        "--auth",
        "tokens",
        "--tokens-file",
        path,
        "--log-level",
        "trace"
      )
      const url = yield* cli.url
      yield* cli.printed(/No connection with the other nodes/)
      const client = yield* connect(url)
      yield* client.authorize("tell-nobody-token")
      yield* client.authorize("tell-nobody-else")
      const ask = (authorization: string) =>
        Effect.promise(() =>
          fetch(`${url}/metrics`, { headers: { authorization } }).then(({ status }) => status)
        )
      assert.strictEqual(yield* ask("Bearer tell-nobody-metrics"), 200)
      assert.strictEqual(yield* ask("Bearer tell-nobody-wrong"), 401)
      cli.kill("SIGTERM")
      const { code, stderr, stdout } = yield* cli.ended
      assert.strictEqual(code, 0)
      assert.notInclude(stdout + stderr, "tell-nobody")
    })
  )

  it.live.each([
    [{}, ["--nats", "nats://relay:tell-nobody@127.0.0.1"]],
    [{ NATS: "nats://relay:tell-nobody@127.0.0.1,,x" }, []],
    [{ NATS: "ws://relay:tell-nobody@127.0.0.1" }, []]
  ] as const)("does not repeat a password for NATS: %j %j", ([variables, args]) =>
    Effect.gen(function* () {
      const text = yield* complaint(variables, "--auth", "development", ...args)
      assert.notInclude(text, "tell-nobody")
    })
  )
})

describe.skipIf(NatsServer.isNatsMissing)("several relays", () => {
  it.live("are one through NATS, with a password from a file", () =>
    Effect.gen(function* () {
      const nats = yield* NatsServer.make({
        config: "authorization { user: relay, password: secret }"
      })
      const password = yield* temporary("secret\n")
      const args = ["--nats", nats.url, "--nats-user", "relay", "--nats-password-file", password]
      const [one, other] = yield* Effect.all([
        run(...development, ...args),
        run(...development, ...args)
      ])
      const url = yield* one.url
      const watcher = yield* join(url, "p-ada")
      const mover = yield* join(yield* other.url, "p-bob")
      yield* mover.announce("s", ["here"])
      const event: unknown = yield* watcher.next
      assert.containSubset(event, { type: "state", i: "p-bob" })
      const text = yield* Effect.promise(() =>
        fetch(`${url}/metrics`).then((response) => response.text())
      )
      assert.include(text, "sanity_presence_relay_other_nodes 1\n")
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
