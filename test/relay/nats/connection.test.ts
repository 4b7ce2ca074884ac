/**
 * A node and its NATS server when the server comes, goes, hangs and comes back.
 */
import { spawn } from "node:child_process"
import { connect, createServer } from "node:net"
import { assert } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import type { Backplane } from "../../../src/relay/Backplane.ts"
import { droppedBy } from "../../support/droppedBy.ts"
import * as FaultProxy from "../../support/FaultProxy.ts"
import { listen } from "../../support/listen.ts"
import * as natsServer from "../../support/natsServer.ts"
import {
  assertHeard,
  eventually,
  joinNats,
  live,
  onNats,
  production,
  twoOnServer,
  untilStatus
} from "./natsTest.ts"

const natsUrl = (url: string) => url.replace("http:", "nats:")

/** Says it again until it is heard: servers tell each other who listens in their own time. */
const crosses = Effect.fnUntraced(function* (from: Backplane["Service"], to: Backplane["Service"]) {
  let heard = 0
  yield* to.subscribe(production, () => void heard++)
  yield* eventually(() => {
    from.publish(production, "hello")
    return heard > 0
  })
}, Effect.scoped)

onNats("a node on NATS", () => {
  live(
    "hears again what it listened to when a killed server is back on its port",
    Effect.gen(function* () {
      const { a, b, server } = yield* twoOnServer()
      const heard = yield* Queue.unbounded<string>()
      yield* b.subscribe(production, (message) => Queue.offerUnsafe(heard, message))
      for (const round of ["first", "second"]) {
        yield* server.kill
        yield* untilStatus(a, "ECONNREFUSED")
        yield* untilStatus(b, "ECONNREFUSED")
        a.publish(production, "said to nobody")
        yield* server.start()
        yield* untilStatus(a)
        yield* untilStatus(b)
        a.publish(production, round)
        assert.strictEqual(yield* Queue.take(heard), round)
      }
      assert.strictEqual(droppedBy(a), 2)
    })
  )

  live(
    "starts alone where no server is there, and joins when one comes",
    Effect.gen(function* () {
      const server = yield* natsServer.make()
      yield* server.stop
      const a = yield* joinNats({ servers: server.url })
      const status = a.status()
      assert.isTrue(status._tag === "Disconnected" && status.reason.includes("Start nats-server"))
      const heard = yield* Queue.unbounded<string>()
      yield* a.subscribe(production, (message) => Queue.offerUnsafe(heard, message))
      a.publish(production, "dropped")
      assert.strictEqual(droppedBy(a), 1)
      yield* server.start()
      const b = yield* joinNats({ servers: server.url })
      yield* untilStatus(a)
      b.publish(production, "hello")
      assert.strictEqual(yield* Queue.take(heard), "hello")
    })
  )

  live(
    "notices a server that vanished without a word, within three ping intervals, with messages under way",
    Effect.gen(function* () {
      const server = yield* natsServer.make()
      const proxy = yield* FaultProxy.make(server.url)
      const a = yield* joinNats({
        servers: natsUrl(proxy.url),
        pingInterval: 300,
        connectTimeout: 300
      })
      yield* server.pause
      yield* proxy.blackHole("both")
      const [took] = yield* Effect.timed(
        Effect.gen(function* () {
          // More than the sockets between here and there take.
          for (let index = 0; index < 20; index++) a.publish(production, "x".repeat(1_000_000))
          yield* untilStatus(a, "pings")
        })
      )
      assert.isBelow(Duration.toMillis(took), 1_500)
      assert.isAbove(droppedBy(a), 0)
      yield* server.resume
      yield* proxy.heal
      const b = yield* joinNats({ servers: server.url })
      yield* untilStatus(a)
      yield* assertHeard(a, b)
      yield* assertHeard(b, a)
    })
  )

  live(
    "holds up nobody who subscribes while the server hangs",
    Effect.gen(function* () {
      const server = yield* natsServer.make()
      const a = yield* joinNats({ servers: server.url, pingInterval: "1 minute" })
      yield* server.pause
      const [took] = yield* Effect.timed(a.subscribe(production, () => {}))
      assert.isBelow(Duration.toMillis(took), 2_000)
      yield* server.resume
      const b = yield* joinNats({ servers: server.url })
      yield* assertHeard(b, a)
    })
  )

  live(
    "leaves no socket behind at a server that accepts and says nothing",
    Effect.gen(function* () {
      let accepted = 0
      let open = 0
      const silent = createServer((socket) => {
        accepted++
        open++
        socket.on("error", () => {})
        socket.on("close", () => open--)
        socket.resume()
      })
      const { port } = yield* listen(silent)
      const scope = yield* Scope.make()
      const a = yield* joinNats({ servers: `127.0.0.1:${port}`, connectTimeout: 50 }).pipe(
        Scope.provide(scope)
      )
      yield* untilStatus(a, "no greeting within 50 ms")
      yield* eventually(() => accepted > 4)
      assert.isAtMost(open, 2)
      yield* Scope.close(scope, Exit.void)
      yield* eventually(() => open === 0)
    })
  )

  live(
    "takes another server where one is away",
    Effect.gen(function* () {
      const away = yield* natsServer.make()
      yield* away.stop
      const server = yield* natsServer.make()
      const a = yield* joinNats({ servers: [away.url, server.url] })
      const b = yield* joinNats({ servers: server.url })
      assert.strictEqual(a.status()._tag, "Connected")
      yield* assertHeard(a, b)
    })
  )

  live(
    "moves to a server that it knows only from the cluster",
    Effect.gen(function* () {
      const one = yield* natsServer.make({ cluster: [] })
      const two = yield* natsServer.make({ cluster: [one] })
      const a = yield* joinNats({ servers: one.url })
      const b = yield* joinNats({ servers: two.url })
      // Once it crosses the cluster, the two servers know each other.
      yield* crosses(a, b)
      const changes: Array<string> = []
      yield* a.onStatus(({ _tag }) => changes.push(_tag))
      yield* one.kill
      yield* eventually(() => changes.at(-1) === "Connected")
      assert.strictEqual(changes[0], "Disconnected")
      yield* assertHeard(a, b)
    })
  )

  live(
    "gets a message over the network once however many listen here, and not at all when none does",
    Effect.gen(function* () {
      const server = yield* natsServer.make()
      const proxy = yield* FaultProxy.make(server.url)
      const a = yield* joinNats({ servers: server.url })
      const b = yield* joinNats({ servers: natsUrl(proxy.url) })
      const arrivedAt = (listeners: number) =>
        Effect.gen(function* () {
          for (let index = 0; index < listeners; index++) yield* b.subscribe(production, () => {})
          // What this node stopped listening to, the server knows by then.
          yield* assertHeard(b, a, { _tag: "Cluster" })
          const before = (yield* proxy.bytes).down
          a.publish(production, "x".repeat(100_000))
          yield* assertHeard(a, b, { _tag: "Cluster" })
          return (yield* proxy.bytes).down - before
        }).pipe(Effect.scoped)
      const [none, one, two, noneAgain] = [
        yield* arrivedAt(0),
        yield* arrivedAt(1),
        yield* arrivedAt(2),
        yield* arrivedAt(0)
      ]
      for (const bytes of [none, noneAgain]) assert.isBelow(bytes, 10_000)
      for (const bytes of [one, two]) assert.isTrue(bytes > 100_000 && bytes < 110_000)
    })
  )

  live(
    "drops nothing of much more than may be unconfirmed at a time, where the server keeps up",
    Effect.gen(function* () {
      const { a, b } = yield* twoOnServer()
      const heard = yield* Queue.unbounded<number>()
      yield* b.subscribe(production, ({ length }) => Queue.offerUnsafe(heard, length))
      for (let index = 0; index < 50; index++) {
        a.publish(production, "x".repeat(1_000_000))
        assert.strictEqual(yield* Effect.timeout(Queue.take(heard), "5 seconds"), 1_000_000)
      }
      assert.strictEqual(droppedBy(a), 0)
    })
  )

  live(
    "says Connected anew, once, when what it dropped for a backlog can be told again",
    Effect.gen(function* () {
      const { a, b, server } = yield* twoOnServer({ pingInterval: "1 minute" })
      const heard = yield* Queue.unbounded<string>()
      yield* b.subscribe(production, (message) => Queue.offerUnsafe(heard, message))
      const said: Array<string> = []
      yield* a.onStatus(({ _tag }) => {
        said.push(_tag)
        a.publish(production, "all of it")
      })
      const overflow = Effect.gen(function* () {
        const before = droppedBy(a)
        yield* server.pause
        for (let index = 0; index < 20; index++) a.publish(production, "x".repeat(1_000_000))
        assert.isAbove(droppedBy(a), before)
        yield* Effect.sleep("1500 millis")
      })
      yield* overflow
      assert.deepStrictEqual(said, [])
      yield* server.resume
      while ((yield* Effect.timeout(Queue.take(heard), "5 seconds")) !== "all of it") continue
      assert.deepStrictEqual(said, ["Connected"])

      // Telling everything costs: a second time waits.
      yield* overflow
      yield* server.resume
      yield* Effect.sleep("3 seconds")
      assert.deepStrictEqual(said, ["Connected"])
      yield* eventually(() => said.length > 1)
      yield* Effect.sleep("2 seconds")
      assert.deepStrictEqual(said, ["Connected", "Connected"])
    })
  )

  live(
    "gives up where it is told to, and says so",
    Effect.gen(function* () {
      const server = yield* natsServer.make()
      yield* server.stop
      const a = yield* joinNats({ servers: server.url, maxReconnectAttempts: 2 })
      yield* untilStatus(a, "gave up after 3 attempts")
    })
  )

  live(
    "says its last words, then closes, within a moment even where the server hangs",
    Effect.gen(function* () {
      const server = yield* natsServer.make()
      const scope = yield* Scope.make()
      const a = yield* joinNats({ servers: server.url }).pipe(Scope.provide(scope))
      yield* Scope.addFinalizer(
        scope,
        Effect.sync(() => a.publish(production, "bye"))
      )
      const b = yield* joinNats({ servers: server.url })
      const heard = yield* Queue.unbounded<string>()
      yield* b.subscribe(production, (message) => Queue.offerUnsafe(heard, message))
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* Queue.take(heard), "bye")

      const hanging = yield* Scope.make()
      yield* joinNats({ servers: server.url }).pipe(Scope.provide(hanging))
      yield* server.pause
      const [took] = yield* Effect.timed(Scope.close(hanging, Exit.void))
      assert.isBelow(Duration.toMillis(took), 2_500)
      yield* server.resume
    })
  )

  live(
    "keeps no process alive when it has closed",
    Effect.gen(function* () {
      const server = yield* natsServer.make()
      const program = new URL("./joinAndLeave.ts", import.meta.url).pathname
      for (const url of [server.url, "nats://127.0.0.1:1"]) {
        const [took, code] = yield* Effect.timed(
          Effect.callback<number | null>((resume) => {
            const child = spawn(process.execPath, [program, url], { stdio: "ignore" })
            child.once("exit", (code) => resume(Effect.succeed(code)))
          })
        )
        assert.strictEqual(code, 0)
        assert.isBelow(Duration.toMillis(took), 8_000)
      }
    })
  )

  live(
    "survives frames that no relay sent",
    Effect.gen(function* () {
      const { a, b, server } = yield* twoOnServer()
      const heard = yield* Queue.unbounded<string>()
      yield* a.subscribe(production, (message) => Queue.offerUnsafe(heard, message))
      const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x0d, 0x0a])
      const frame = Buffer.concat([
        Buffer.from("CONNECT {}\r\nPUB bifur.presence.demo.production 5\r\n"),
        bytes,
        Buffer.from("\r\n")
      ])
      yield* Effect.acquireRelease(
        Effect.sync(() =>
          connect(server.port, "127.0.0.1")
            .on("error", () => {})
            .end(frame)
        ),
        (socket) => Effect.sync(() => void socket.destroy())
      )
      assert.strictEqual(yield* Queue.take(heard), bytes.toString("utf8"))
      yield* assertHeard(b, a)
    })
  )
})
