import { createServer, connect as connectNet, type Socket } from "node:net"
import { assert, layer, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { listen, urlOf } from "../support/listen.ts"
import { Interop, kinds, startRelay } from "./Interop.ts"

// Every wait has an end of its own, and says what it was for; this is for what has none.
vi.setConfig({ testTimeout: 60_000 })

const deadline = 1_000
const deadlines = 3

/** In front of a server: counts the requests for a WebSocket that go through. */
const countUpgrades = Effect.fnUntraced(function* (target: string) {
  let upgrades = 0
  const server = createServer((client: Socket) => {
    const upstream = connectNet(Number(new URL(target).port), "127.0.0.1")
    client.on("data", (data) => {
      if (/^upgrade: *websocket/im.test(data.toString("latin1"))) upgrades++
    })
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy())
    client.pipe(upstream).pipe(client)
    client.on("close", () => upstream.destroy())
    upstream.on("close", () => client.destroy())
  })
  return { url: urlOf(yield* listen(server)), upgrades: () => upgrades }
})

layer(Interop.layer, { excludeTestServices: true, timeout: "60 seconds" })(
  "a client whose token is refused",
  (it) => {
    it.effect.each(kinds)("[S2] %s tries once per authorization deadline, at most", (kind) =>
      Effect.gen(function* () {
        const { peers, room } = yield* Interop
        const relay = yield* startRelay({ authorizationTimeout: deadline })
        const { upgrades, url } = yield* countUpgrades(relay.url)
        yield* peers[kind].join({ ...room(), url }, "not a token!")
        yield* Effect.sleep(deadline * deadlines - 100)
        console.log(`bad token: ${kind} tried ${upgrades()} times in ${deadlines} deadlines`)
        assert.isAtLeast(upgrades(), 1)
        assert.isAtMost(upgrades(), deadlines)
      })
    )
  }
)
