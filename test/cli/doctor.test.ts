import { createServer } from "node:http"
import { createServer as createTcpServer } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Relay } from "../../src/relay/Relay.ts"
import { AuthUnavailable, RelayAuth, TokenRefused } from "../../src/relay/RelayAuth.ts"
import type { RelayError } from "../../src/relay/RelayError.ts"
import { UserId } from "../../src/Session.ts"
import { listen, urlOf } from "../support/listen.ts"
import { cli, type Variables } from "./cliProcess.ts"
import { assertComplains, inRoom, person, ran } from "./inRoom.ts"

const steps = (stdout: string): ReadonlyArray<string> =>
  stdout.split("\n").flatMap((line) => /^[✓✗] (roll call|\S+)/.exec(line)?.slice(1) ?? [])

const doctor = (variables: Variables, ...args: ReadonlyArray<string>) =>
  Effect.flatMap(cli(variables, "doctor", ...args), ({ ended }) => ended)

describe("sanity-presence doctor", () => {
  it.live("[T6] walks the way into a room step by step, with times", () =>
    Effect.gen(function* () {
      yield* person("p-ada", [])
      const { code, stdout } = yield* ran("doctor")
      assert.deepStrictEqual(steps(stdout), [
        "settings",
        "name",
        "TCP",
        "upgrade",
        "open",
        "authorize",
        "subscribe",
        "roll call"
      ])
      for (const line of stdout.trimEnd().split("\n")) assert.match(line, /^✓ .{9} +\d+ ms {2}\S/)
      assert.include(stdout, "1 session of 1 user answered")
      assert.strictEqual(code, 0)
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("--json prints every step as a line of JSON", () =>
    Effect.gen(function* () {
      const { stdout } = yield* ran("doctor", "--json")
      const lines: ReadonlyArray<Record<string, unknown>> = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      assert.strictEqual(lines.length, 8)
      for (const line of lines) assert.containsAllKeys(line, ["ok", "step", "millis", "detail"])
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("[O1] [T5] --trace shows every frame with its time, on stderr, without the token", () =>
    Effect.gen(function* () {
      const token = "p-a-token-that-is-long-enough"
      const variables = { ...(yield* inRoom), SANITY_AUTH_TOKEN: token }
      const { stderr } = yield* doctor(variables, "--trace")
      assert.match(stderr, /^→ \d+ ms \{.*"method":"authorization".*Bearer <token>/m)
      assert.match(stderr, /^← \d+ ms \{.*"result"/m)
      assert.notInclude(stderr, token)
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  const failing = (
    name: string,
    variables: Effect.Effect<Variables, never, Scope.Scope>,
    expected: { readonly step: string; readonly code: number; readonly advice: RegExp },
    ...args: ReadonlyArray<string>
  ) =>
    it.live(`[T6] ${name}`, () =>
      Effect.gen(function* () {
        const result = yield* doctor(yield* variables, ...args)
        const all = steps(result.stdout)
        assert.strictEqual(all.at(-1), expected.step)
        assert.match(result.stdout, /\n? {2}→ \S/)
        assert.match(result.stdout, expected.advice)
        assertComplains(result, {
          code: expected.code,
          says: new RegExp(`sanity-presence: ${expected.step}: `)
        })
      })
    )

  failing(
    "names the settings where they are not complete",
    Effect.succeed({ SANITY_PROJECT_ID: "a" }),
    {
      step: "settings",
      code: 2,
      advice: /--help/
    }
  )

  failing(
    "names the name where there is no such host",
    Effect.succeed({ SANITY_API_HOST: "http://no-such-host.invalid", SANITY_AUTH_TOKEN: "t" }),
    { step: "name", code: 1, advice: /Check the (project id|network)/ }
  )

  it.live("[T5] [T6] says that the token goes over the network in clear", () =>
    Effect.gen(function* () {
      const { stdout } = yield* doctor({
        SANITY_API_HOST: "http://no-such-host.invalid",
        SANITY_AUTH_TOKEN: "t"
      })
      assert.match(stdout, /settings.*on the way to http:\/\/no-such-host.invalid can read/)
    })
  )

  failing(
    "names TCP where nobody listens",
    Effect.succeed({ SANITY_API_HOST: "http://127.0.0.1:1" }),
    { step: "TCP", code: 1, advice: /sanity-presence relay/ }
  )

  failing(
    "names TLS where the port does not speak it",
    Effect.map(listen(createTcpServer((socket) => socket.end("no TLS here\n"))), (address) => ({
      SANITY_API_HOST: urlOf(address).replace("http:", "https:")
    })),
    { step: "TLS", code: 1, advice: /http:\/\/|certificate/ }
  )

  for (const [status, code, advice] of [
    [404, 1, /Check the project id/],
    [401, 3, /HTTP 401/],
    [503, 1, /not available/],
    [200, 1, /opens no WebSocket/]
  ] as const) {
    failing(
      `names the upgrade where it is answered with ${status}`,
      Effect.map(
        listen(createServer((_, response) => response.writeHead(status).end())),
        (address) => ({ SANITY_API_HOST: urlOf(address) })
      ),
      { step: "upgrade", code, advice }
    )
  }

  failing(
    "names the upgrade where nobody answers",
    Effect.map(listen(createTcpServer(() => {})), (address) => ({
      SANITY_API_HOST: urlOf(address)
    })),
    { step: "upgrade", code: 1, advice: /--timeout/ },
    "--timeout",
    "2"
  )

  /** Ends at a relay that is not as every other is. */
  const ending = (
    relay: Layer.Layer<Relay, RelayError>,
    expected: { readonly step: string; readonly code: number; readonly advice: RegExp }
  ) =>
    Effect.gen(function* () {
      const { url } = yield* Relay
      yield* person("p-ada", [])
      const result = yield* doctor({ SANITY_API_HOST: url, SANITY_AUTH_TOKEN: "p-bob" })
      assert.strictEqual(steps(result.stdout).at(-1), expected.step)
      assert.match(result.stdout, expected.advice)
      assertComplains(result, {
        code: expected.code,
        says: new RegExp(`sanity-presence: ${expected.step}: `)
      })
      return result
    }).pipe(Effect.scoped, Effect.provide(relay))

  /** What a token gets that is not that of Ada. */
  const answering = (error: TokenRefused | AuthUnavailable) =>
    Relay.layer({ port: 0 }).pipe(
      Layer.provide(
        Layer.succeed(
          RelayAuth,
          RelayAuth.of({
            authenticate: (token) =>
              Redacted.value(token) === "p-ada"
                ? Effect.succeed({ id: UserId.make("p-ada"), displayName: "Ada" })
                : Effect.fail(error),
            timeToLive: Duration.infinity,
            profile: () => Effect.succeedNone
          })
        )
      )
    )

  it.live("[T6] says to try again where the relay cannot find out whose a token is", () =>
    ending(answering(new AuthUnavailable({ reason: "unreachable" })), {
      step: "authorize",
      code: 1,
      advice: /→ The relay cannot find out whose the token is\. Try again/
    })
  )

  it.live("[T6] says to raise the bounds where a room is full", () =>
    ending(
      Relay.layer({ port: 0, maxConnectionsPerRoom: 1 }).pipe(
        Layer.provide(RelayAuth.layerDevelopment)
      ),
      { step: "authorize", code: 1, advice: /→ .*raise the bounds of the relay/ }
    )
  )

  it.live("[T6] gives the advice of the relay that refuses a token, and no other", () =>
    Effect.gen(function* () {
      const { stdout } = yield* ending(answering(new TokenRefused({ reason: "unknown" })), {
        step: "authorize",
        code: 3,
        advice: /→ Ask whoever runs the relay for one/
      })
      assert.notInclude(stdout, "sanity.io/manage")
    })
  )

  it.live("[T6] says what is missing where there is no WebSocket", () =>
    Effect.gen(function* () {
      const variables = { ...(yield* inRoom), NODE_OPTIONS: "--no-experimental-websocket" }
      const { code, stdout } = yield* doctor(variables)
      assert.strictEqual(steps(stdout).at(-1), "open")
      assert.match(stdout, /→ Use Node\.js 22/)
      assert.strictEqual(code, 1)
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("[T6] says of TLS what went wrong, and not where in OpenSSL", () =>
    Effect.gen(function* () {
      const { port } = yield* listen(createTcpServer((socket) => socket.end("no TLS here\n")))
      const { stdout } = yield* doctor({ SANITY_API_HOST: `https://127.0.0.1:${port}` })
      assert.match(stdout, /TLS with 127\.0\.0\.1 fails: [a-z ]+\./)
      assert.notMatch(stdout, /\.c:\d+/)
    }).pipe(Effect.scoped)
  )

  it.live("names the authorization where the token is refused", () =>
    Effect.gen(function* () {
      const variables = { ...(yield* inRoom), SANITY_AUTH_TOKEN: "no user!" }
      const result = yield* doctor(variables)
      assert.strictEqual(steps(result.stdout).at(-1), "authorize")
      assertComplains(result, { code: 3, says: /sanity-presence: authorize: / })
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )
})
