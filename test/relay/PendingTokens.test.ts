/** Tokens that take long to decide: how many there can be, and what becomes of those who leave. */
import { assert, describe } from "@effect/vitest"
import type * as NodeWS from "@effect/platform-node/NodeWS"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { encodeRequest } from "../../src/bifur/JsonRpc.ts"
import { TokenRefused } from "../../src/relay/RelayAuth.ts"
import { type Authenticate, authorizing } from "./authorizing.ts"
import { eventually } from "./RawSocket.ts"
import { connect, join } from "./RelayClient.ts"
import { ask, type Headers, other, refusals } from "./visitor.ts"

/** Tokens that start with `slow` are never decided; how many are asked about is counted. */
const makeSlow = () => {
  const open = { count: 0 }
  const never = Effect.acquireUseRelease(
    Effect.sync(() => void open.count++),
    () => Effect.never,
    () => Effect.sync(() => void open.count--)
  )
  const authenticate = (): Authenticate => (token, user) =>
    token.startsWith("slow") ? never : user
  return { open, authenticate }
}

const show = (webSocket: NodeWS.WebSocket, token: string): void =>
  webSocket.send(encodeRequest("1", "authorization", { authorization: `Bearer ${token}` }))

const closed = (webSocket: NodeWS.WebSocket) =>
  Effect.callback<{ readonly code: number; readonly reason: string }>((resume) => {
    webSocket.on("close", (code, reason) =>
      resume(Effect.succeed({ code, reason: String(reason) }))
    )
  })

describe("a decision about a token", () => {
  const { authenticate, open } = makeSlow()
  authorizing(
    "[S10] ends with its connection: one after another leaves nothing behind",
    authenticate,
    (url) =>
      Effect.gen(function* () {
        for (let n = 0; n < 10; n++) {
          const { webSocket } = yield* ask(url)
          show(webSocket, `slow-${n}`)
          yield* eventually("asked", () => open.count > 0)
          if (n % 2 === 0) webSocket.close()
          else webSocket.terminate()
          yield* eventually("nobody is asked any more", () => open.count === 0)
        }
        const honest = yield* join(url, "p-ada")
        assert.isUndefined((yield* honest.announce("s")).error)
      })
  )
})

describe("tokens of an address that are being decided", () => {
  const { authenticate, open } = makeSlow()
  authorizing(
    "[S10] are bounded: one more closes its connection with 1013, and others are not held up",
    authenticate,
    (url) =>
      Effect.gen(function* () {
        const from = { "x-forwarded-for": "203.0.113.7" }
        const all = yield* Effect.forEach(Array.from({ length: 20 }), () => ask(url, from))
        for (const [n, { webSocket }] of all.entries()) show(webSocket, `slow-${n}`)
        yield* eventually("all are asked about", () => open.count === 20)
        assert.strictEqual(yield* refusals(url, "requests"), 0)

        const late = yield* ask(url, from)
        show(late.webSocket, "p-late")
        assert.deepEqual(yield* closed(late.webSocket), {
          code: 1013,
          reason: "too many tokens of this address are being checked"
        })
        assert.strictEqual(yield* refusals(url, "requests"), 1)

        const elsewhere = yield* ask(url, { "x-forwarded-for": "198.51.100.1" })
        show(elsewhere.webSocket, "slow")
        yield* eventually("another address has its own", () => open.count === 21)
        // Without the header they are this machine's own.
        const own = yield* Effect.forEach(Array.from({ length: 21 }), () => ask(url))
        for (const [n, { webSocket }] of own.entries()) show(webSocket, `slow-${n}`)
        yield* eventually("this machine has no bound", () => open.count === 42)

        all[0]?.webSocket.close()
        yield* eventually("one has left", () => open.count === 41)
        const next = yield* ask(url, from)
        show(next.webSocket, "slow")
        yield* eventually("its place is taken", () => open.count === 42)
        assert.strictEqual(yield* refusals(url, "requests"), 1)
      }),
    { trustedProxies: 1 }
  )
})

describe("a token that is being decided", () => {
  const { authenticate, open } = makeSlow()
  authorizing(
    "[S10] is one of its address on however many connections to a room, until the last has left",
    authenticate,
    (url) =>
      Effect.gen(function* () {
        const from = { "x-forwarded-for": "203.0.113.7" }
        const visit = Effect.fnUntraced(function* (token: string, at?: string) {
          const { webSocket } = yield* ask(url, from, at)
          show(webSocket, token)
          return webSocket
        })
        const tabs = yield* Effect.forEach(Array.from({ length: 30 }), () => visit("slow-tabs"))
        for (let n = 1; n < 19; n++) yield* visit(`slow-${n}`)
        yield* visit("slow-tabs", other)
        yield* eventually("all are let in", () => open.count === 49)

        const isFull = Effect.fnUntraced(function* () {
          assert.strictEqual((yield* closed(yield* visit("slow-late"))).code, 1013)
        })
        yield* isFull()
        const [last, ...others] = tabs
        for (const webSocket of others) webSocket.close()
        yield* eventually("one tab is left", () => open.count === 20)
        yield* isFull()
        last?.close()
        yield* eventually("none is left", () => open.count === 19)
        yield* visit("slow-late")
        yield* eventually("its place is taken", () => open.count === 20)
        assert.strictEqual(yield* refusals(url, "requests"), 2)
      }),
    { trustedProxies: 1 }
  )
})

describe("tokens that are shown over HTTP", () => {
  const { authenticate, open } = makeSlow()
  const from = { "x-forwarded-for": "203.0.113.7" }
  const askMe = (url: string, token: string, headers: Headers = {}) =>
    Effect.promise(async (signal) => {
      const authorization = `Bearer ${token}`
      const response = await fetch(`${url}/v1/users/me`, {
        headers: { ...headers, authorization },
        signal
      })
      return { status: response.status, body: await response.text() }
    })

  authorizing(
    "[S10] fall under the bound of their address, those on its sockets included: one more is answered with 429",
    authenticate,
    (url) =>
      Effect.gen(function* () {
        const asking = yield* Effect.forEach(Array.from({ length: 15 }), (_, n) =>
          Effect.forkScoped(askMe(url, `slow-${n}`, from))
        )
        const sockets = yield* Effect.forEach(Array.from({ length: 5 }), () => ask(url, from))
        for (const [n, { webSocket }] of sockets.entries()) show(webSocket, `slow-${n}`)
        yield* eventually("all are asked about", () => open.count === 20)

        const late = yield* askMe(url, "p-late", from)
        assert.strictEqual(late.status, 429)
        assert.include(late.body, "Too many tokens of this address")
        assert.strictEqual(yield* refusals(url, "requests"), 1)
        const socket = yield* ask(url, from)
        show(socket.webSocket, "p-late")
        assert.strictEqual((yield* closed(socket.webSocket)).code, 1013)

        const elsewhere = { "x-forwarded-for": "198.51.100.1" }
        assert.strictEqual((yield* askMe(url, "p-ada", elsewhere)).status, 200)
        assert.strictEqual((yield* askMe(url, "p-ada")).status, 200)

        for (const fiber of asking) yield* Fiber.interrupt(fiber)
        yield* eventually("who has hung up counts no more", () => open.count === 5)
        assert.strictEqual((yield* askMe(url, "p-late", from)).status, 200)
      }),
    { trustedProxies: 1 }
  )
})

describe("a connection whose tokens are refused", () => {
  let asked = 0
  authorizing(
    "[S10] gets no more of them for one that is accepted in between",
    () => (token, user) => {
      if (token === "p-ada") return user
      asked++
      return Effect.fail(new TokenRefused({ reason: "unauthorized" }))
    },
    (url) =>
      Effect.gen(function* () {
        const client = yield* connect(url)
        for (let n = 0; n < 10; n++) {
          assert.isUndefined((yield* client.authorize("p-ada")).error)
          assert.strictEqual((yield* client.authorize(`guess-${n}`)).error?.code, 4001)
        }
        assert.include((yield* client.authorize("guess-10")).error?.message, "Open another one")
        assert.strictEqual(asked, 10)
      })
  )
})
