import { createServer, type IncomingMessage } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as NodeWS from "@effect/platform-node/NodeWS"
import * as Effect from "effect/Effect"
import { ConnectionStatus } from "../../src/index.ts"
import { listen, urlOf } from "../support/listen.ts"
import { connect, until, untilStatus } from "./client.ts"

const isMe = ({ url = "" }: IncomingMessage) => url.includes("/users/me")

/** Refuses every socket with one HTTP status; `me` is what `/users/me` answers. Gives its address. */
const refusing = (status: number, me: number) => {
  const server = createServer((request, response) => {
    if (isMe(request)) {
      response.writeHead(me, { "content-type": "application/json" })
      response.end(JSON.stringify({ id: "p-ada" }))
      return
    }
    response.writeHead(status, status < 400 ? { location: "https://elsewhere.example/" } : {})
    response.end()
  })
  return Effect.map(listen(server), urlOf)
}

/** The attempts that a client may make within this time: eight, if its luck is average. */
const observed = 3_000
const fewAttempts = 16

describe.concurrent("a socket that is refused over HTTP", () => {
  for (const [status, me, tag, words] of [
    [301, 200, "Reconnecting", "sends elsewhere"],
    [302, 404, "Reconnecting", "sends elsewhere"],
    [401, 401, "Unauthorized", "HTTP 401"],
    [401, 200, "Reconnecting", "other credentials"],
    [403, 200, "Reconnecting", "does not let this token, or this page, in"],
    [404, 200, "Reconnecting", "Check the project id"],
    [426, 200, "Reconnecting", "could not be reached"],
    [429, 200, "Reconnecting", "too many requests"],
    [503, 503, "Reconnecting", "not available at the moment"],
    [200, 200, "Reconnecting", "opens no WebSocket"]
  ] as const) {
    it.live(`[C7] with ${status}, the API answering ${me}: ${tag}, in words`, () =>
      Effect.gen(function* () {
        const url = yield* refusing(status, me)
        const client = yield* connect({ url, token: "unseen-t1" })
        const took = yield* until(
          "it is said why",
          Effect.map(client.status, (s) => ConnectionStatus.describe(s).includes(words)),
          5_000
        )
        assert.strictEqual((yield* client.status)._tag, tag)
        const before = client.attempts.length
        yield* Effect.sleep(observed - took)
        const attempts = client.attempts.length
        // Once it is known that the token is refused, it is tried no more.
        if (tag === "Unauthorized") assert.strictEqual(attempts, before)
        else assert.isAtLeast(attempts, 3)
        assert.isAtMost(attempts, fewAttempts)
        console.log(
          `HTTP ${status}, /users/me ${me}: "${ConnectionStatus.describe(yield* client.status)}" after ${took} ms, ${attempts} attempts in ${observed / 1_000} s`
        )
      })
    )
  }

  it.live("[C7] by nobody being there: said in words, tried again", () =>
    Effect.gen(function* () {
      const url = yield* Effect.scoped(refusing(200, 200))
      const client = yield* connect({ url, token: "unseen-t1" })
      yield* Effect.sleep(observed)
      const status = yield* client.status
      assert.include(ConnectionStatus.describe(status), "could not be reached")
      assert.isAtMost(client.attempts.length, fewAttempts)
      console.log(`nobody there: ${client.attempts.length} attempts in ${observed / 1_000} s`)
    })
  )
})

/**
 * Speaks the protocol up to the subscription, then does what the test wants with the socket. Gives its
 * address.
 */
const serveSockets = (then: (socket: NodeWS.WebSocket) => void) => {
  const server = createServer()
  new NodeWS.WebSocketServer({ server }).on("connection", (socket) => {
    socket.on("message", (data) => {
      const { id, method }: { id: string; method: string } = JSON.parse(String(data))
      const result = method === "presence_subscribe" ? "s" : {}
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, result }))
      if (method === "presence_subscribe") setImmediate(() => then(socket))
    })
  })
  return Effect.map(listen(server), urlOf)
}

describe.concurrent("a socket that is closed by the service", () => {
  for (const [code, tag] of [
    [4000, "Failed"],
    [4001, "Unauthorized"],
    [4004, "Failed"],
    [1001, "Reconnecting"],
    [1006, "Reconnecting"],
    [1012, "Reconnecting"],
    [1013, "Reconnecting"]
  ] as const) {
    it.live(`[C7] with ${code}: ${tag}, in words`, () =>
      Effect.gen(function* () {
        const url = yield* serveSockets((socket) => {
          if (code === 1006) socket.terminate()
          else socket.close(code, "because")
        })
        const client = yield* connect({ url, token: "unseen-t1" })
        yield* untilStatus(client, tag)
        const words = ConnectionStatus.describe(yield* client.status)
        if (code !== 1006) assert.include(words, "because")
        yield* Effect.sleep(observed)
        // A server that lets in and drops at once is no reason to start the waits over.
        assert.isAtMost(client.attempts.length, tag === "Reconnecting" ? fewAttempts : 1)
        console.log(
          `close code ${code}: "${words}", ${client.attempts.length} attempts in ${observed / 1_000} s`
        )
        if (tag === "Reconnecting") return
        yield* client.presence.retryNow
        yield* until(
          "another attempt",
          Effect.sync(() => client.attempts.length === 2)
        )
      })
    )
  }
})
