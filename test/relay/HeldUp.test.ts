/** Connections that send more while their token is being decided: they are not read until it is. */
import { assert, describe } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { encodeRequest } from "../../src/bifur/JsonRpc.ts"
import { type Authenticate, authorizing, slow } from "./authorizing.ts"
import { clientFrame, opcode, openRaw, upgradeHead } from "./RawSocket.ts"
import { connect, gone, join, state } from "./RelayClient.ts"
import { connections, metric, refusals } from "./visitor.ts"

/** Tokens that start with `gated` are decided when the gate opens. */
const makeGate = () => {
  const gate = Deferred.makeUnsafe<void>()
  const authenticate = (): Authenticate => (token, user) =>
    token.startsWith("gated") ? Effect.andThen(Deferred.await(gate), user) : user
  return { authenticate, open: Deferred.succeed(gate, undefined) }
}

type Client = Effect.Success<ReturnType<typeof connect>>

/** Shows a token that takes long, and sends more behind it. */
const holdUp = Effect.fnUntraced(function* (client: Client, token: string) {
  yield* Effect.forkChild(client.authorize(token), { startImmediately: true })
  const behind = yield* Effect.forkChild(client.subscribe, { startImmediately: true })
  yield* Effect.sleep(100)
  return behind
})

describe("what is sent while a token is being decided", () => {
  const flooded = makeGate()
  authorizing(
    "[S10] waits in the network, not in memory, and is read after that",
    flooded.authenticate,
    (url) =>
      Effect.gen(function* () {
        const client = yield* connect(url)
        yield* Effect.forkChild(client.authorize("gated"), { startImmediately: true })
        const frames = 150
        for (let n = 0; n < frames; n++) client.send("x".repeat(200_000))
        yield* Effect.sleep(500)
        const read = Effect.promise(() => metric(url, "frames_received_total"))
        // The token, what waits behind it, and what came in the same read.
        assert.isAtMost(yield* read, 3)
        assert.isAbove(client.socket.bufferedAmount, 200_000)
        yield* flooded.open
        for (let n = 0; n < frames; n++) assert.strictEqual((yield* client.stray).code, -32_700)
        assert.strictEqual(yield* read, frames + 1)
        assert.isDefined((yield* client.subscribe).result)
      }),
    // How fast it is read is another matter.
    { maxRequestsPerSecond: 100_000 }
  )

  const silent = makeGate()
  authorizing(
    "[S11] is no silence: nobody is dead for pings that the relay did not read the answers of",
    silent.authenticate,
    (url) =>
      Effect.gen(function* () {
        const fresh = yield* connect(url)
        const freshBehind = yield* holdUp(fresh, "gated")
        const live = yield* join(url, "p-ada")
        const liveBehind = yield* holdUp(live, "gated-ada")
        yield* Effect.sleep(3_000)
        yield* silent.open
        assert.isDefined((yield* Fiber.join(freshBehind)).result)
        assert.isDefined((yield* Fiber.join(liveBehind)).result)
        yield* Effect.sleep(1_500)
        assert.isUndefined((yield* fresh.announce("s")).error)
        assert.isUndefined((yield* live.announce("s")).error)
      }),
    { silenceTimeout: "2 seconds" }
  )
})

describe("more requests than may wait for a token", () => {
  const gate = makeGate()
  authorizing(
    "[S10] end their connection with 1013, and it takes no place though its token turns out good",
    gate.authenticate,
    (url) =>
      Effect.gen(function* () {
        const text = (frame: string) => clientFrame(opcode.text, frame)
        const authorization = { authorization: "Bearer gated" }
        // In one read: with the first that waits, reading stops.
        const flood = Buffer.concat([
          text(encodeRequest("first", "authorization", authorization)),
          ...Array.from({ length: 101 }, () => text("{}"))
        ])
        const raw = yield* openRaw(url, upgradeHead())
        yield* raw.upgraded
        raw.socket.write(flood)
        yield* raw.until(({ text }) => text.includes("too many requests before the authorization"))
        assert.strictEqual(yield* refusals(url, "requests"), 1)
        // It does not answer the close, so for a moment it is still there.
        yield* gate.open
        yield* raw.over
        assert.notInclude(raw.text, '"first"')
        assert.strictEqual(yield* Effect.promise(() => metric(url, "rooms")), 0)
        yield* connections(url, 0)
      })
  )
})

const ends = [
  ["a goodbye", ({ socket }: Client) => socket.close()],
  ["a cut", ({ socket }: Client) => socket.terminate()]
] as const

for (const [what, end] of ends) {
  describe(`a connection that ends with ${what} while it is not read`, () => {
    const gate = makeGate()
    authorizing("[S4] is gone once its token is decided", gate.authenticate, (url) =>
      Effect.gen(function* () {
        const watcher = yield* join(url, "p-watcher")
        const client = yield* join(url, "p-ada")
        yield* client.announce("s")
        assert.deepEqual(yield* watcher.next, state("p-ada", "s"))
        yield* holdUp(client, "gated")
        end(client)
        yield* Effect.sleep(100)
        yield* gate.open
        assert.deepEqual(yield* watcher.next, gone("p-ada", "s"))
        yield* connections(url, 1)
      })
    )

    authorizing(
      "[S4] is gone at its deadline, authorized before or not",
      slow,
      (url) =>
        Effect.gen(function* () {
          const watcher = yield* join(url, "p-watcher")
          const live = yield* join(url, "p-ada")
          yield* live.announce("s")
          assert.deepEqual(yield* watcher.next, state("p-ada", "s"))
          const fresh = yield* connect(url)
          yield* holdUp(live, "slow")
          yield* holdUp(fresh, "slow")
          end(live)
          end(fresh)
          assert.deepEqual(yield* watcher.next, gone("p-ada", "s"))
          yield* connections(url, 1)
        }),
      { authorizationTimeout: "500 millis" }
    )
  })
}
