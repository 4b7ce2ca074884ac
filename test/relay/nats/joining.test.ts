/** What may happen while a node joins: servers that are none, that say too little, and that go away meanwhile. */
import { createServer } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { probe } from "../../../src/relay/nats/NatsProbe.ts"
import { parseNatsUrl } from "../../../src/relay/nats/NatsUrl.ts"
import { isOpensslMissing, makeCertificates } from "../../support/certificates.ts"
import { droppedBy } from "../../support/droppedBy.ts"
import { listen } from "../../support/listen.ts"
import * as fakeNats from "./fakeNats.ts"
import { eventually, joinNats, live, untilStatus } from "./natsTest.ts"

/** A server that says these things, one after the other, and nothing more. */
const saying = Effect.fnUntraced(function* (...words: ReadonlyArray<string>) {
  const server = createServer((socket) => {
    socket.setNoDelay(true)
    let [, ...rest] = words
    socket.write(words[0] ?? "")
    const timer = setInterval(() => {
      const [next, ...later] = rest
      rest = later
      if (next !== undefined) socket.write(next)
    }, 20)
    socket.once("close", () => clearInterval(timer))
  })
  return { host: "127.0.0.1", port: (yield* listen(server)).port }
})

describe("the greeting of a server", () => {
  live(
    "may come in parts, and says whether a certificate is asked for",
    Effect.gen(function* () {
      const plain = yield* saying("IN", 'FO {"version', '":"2.9.0"}', "\r\n")
      assert.deepStrictEqual(yield* probe(plain, 5_000), { asksForCertificate: false })
      const strict = yield* saying('INFO {"tls_verify":true}\r\n')
      assert.deepStrictEqual(yield* probe(strict, 5_000), { asksForCertificate: true })
    })
  )

  it.live.each([
    ["is not what it begins as", "INFO {no JSON}\r\n"],
    ["is something else", "220 mail.example ESMTP\r\n"],
    ["never ends", `INFO ${"x".repeat(70_000)}`]
  ])("that %s is that of no NATS server", ([, words]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(probe(yield* saying(words), 5_000))
      assert.strictEqual(error.reason, "no-nats")
    }).pipe(Effect.scoped)
  )

  live(
    "is not waited for where a certificate of the relay's can't be read",
    Effect.gen(function* () {
      const server = yield* saying(fakeNats.greeting(true))
      const error = yield* Effect.flip(probe(server, 5_000, { cert: "no PEM", key: "no PEM" }))
      assert.strictEqual(error.reason, "tls")
    })
  )
})

describe("a node that joins", () => {
  for (const [what, onSecond] of [
    ["says nothing more", () => {}],
    ["hangs up", (socket: { destroy: () => void }) => void socket.destroy()]
  ] as const) {
    live(
      `is alone, and leaves no connection behind, where the server ${what} before it has confirmed`,
      Effect.gen(function* () {
        const server = yield* fakeNats.make({
          onPing: (socket, number) => (number === 1 ? fakeNats.pong(socket) : onSecond(socket))
        })
        const node = yield* joinNats({
          servers: `127.0.0.1:${server.port}`,
          connectTimeout: 200,
          maxReconnectAttempts: 0
        })
        const { _tag } = yield* untilStatus(node, "gave up")
        assert.strictEqual(_tag, "Disconnected")
        yield* eventually(() => server.open() === 0)
      })
    )
  }

  live(
    "stays connected, and is refused nothing, where the server complains of something else",
    Effect.gen(function* () {
      let pings = 0
      const server = yield* fakeNats.make({
        onPing: (socket, number) => {
          pings = number
          if (number === 3) socket.write("-ERR 'Unknown Protocol Operation'\r\n")
          fakeNats.pong(socket)
        }
      })
      const node = yield* joinNats({ servers: `127.0.0.1:${server.port}` })
      yield* eventually(() => pings > 3)
      assert.strictEqual(node.status()._tag, "Connected")
      assert.isUndefined(node.refusal?.())
      assert.strictEqual(droppedBy(node), 0)
    })
  )

  live(
    "and is closed meanwhile leaves no connection behind that opens after that",
    Effect.gen(function* () {
      let answer: (() => void) | undefined
      const server = yield* fakeNats.make({
        onPing: (socket) => (answer = () => fakeNats.pong(socket))
      })
      const scope = yield* Scope.make()
      const joining = yield* joinNats({ servers: `127.0.0.1:${server.port}` }).pipe(
        Scope.provide(scope),
        Effect.forkChild({ startImmediately: true })
      )
      yield* eventually(() => answer !== undefined)
      yield* Fiber.interrupt(joining)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(server.open(), 1)
      answer?.()
      yield* eventually(() => server.open() === 0)
    })
  )

  it.live.skipIf(isOpensslMissing)(
    "does so where TLS comes before the greeting, by name and by address",
    () =>
      Effect.gen(function* () {
        const certificates = yield* makeCertificates
        const server = yield* fakeNats.make({ tls: certificates })
        const tls = { ca: certificates.ca, handshakeFirst: true }
        for (const host of ["localhost", "127.0.0.1"]) {
          const node = yield* joinNats({ servers: `tls://${host}:${server.port}`, tls })
          assert.strictEqual(node.status()._tag, "Connected")
        }
      }).pipe(Effect.scoped)
  )
})

describe("the URL of a server", () => {
  it("may hold a percent sign that nobody escaped, which means itself", () => {
    const server = Result.getOrThrow(parseNatsUrl("nats://re%20lay:100%@host"))
    assert.deepInclude(server, { user: "re lay", password: "100%", host: "host", port: 4222 })
  })

  it("may hold an address of IPv6", () => {
    assert.deepInclude(Result.getOrThrow(parseNatsUrl("tls://[::1]:4333")), {
      host: "::1",
      port: 4333,
      isTls: true
    })
  })
})
