/** Clients, or whoever gets at the port, send nonsense to a real relay. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { clientFrame, opcode, openRaw, type RawSocket, upgradeHead } from "../relay/RawSocket.ts"
import * as Garbage from "./relayGarbageMessages.ts"
import { makeRoom, startRelay } from "./relayGarbageProcess.ts"
import { makeRandom, type Random } from "./replayRandom.ts"

const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31)

/** Some come to nothing: behind the end of their connection, or pings. */
const total = 108_000
const readAtLeast = 100_000
const perConnection = 250
const atATime = 8

const head = Buffer.from(upgradeHead())

const request = (id: string, method: string, params = "{}") =>
  clientFrame(opcode.text, `{"jsonrpc":"2.0","id":"${id}","method":"${method}","params":${params}}`)

const authorize = request("first", "authorization", '{"authorization":"Bearer p-fuzz"}')
const last = request("last", "no_such_method")

/** Messages that are sent without waiting for the authorization; a hundred may wait for it. */
const impatient = 50

type Ending = "destroy" | "end" | "reset" | "stay"
const endings: readonly [Ending, ...ReadonlyArray<Ending>] = ["destroy", "end", "reset", "stay"]

/** Everything is decided here, in the order of the seed, whatever the sockets then do. */
const plan = (random: Random) => {
  const messages = Array.from({ length: perConnection }, () =>
    Garbage.asFrames(random, Garbage.randomMessage(random))
  )
  return {
    /** Whether frames come right behind the head, before it has been answered. */
    isPipelined: random.chance(0.5),
    early: Buffer.concat([
      // Who shows no token is soon sent away.
      random.chance(0.95) ? authorize : request("first", "no_such_method"),
      ...messages.slice(0, impatient)
    ]),
    late: Buffer.concat([...messages.slice(impatient), last]),
    broken: random.chance(0.8) ? Garbage.lastFrame(random) : Buffer.alloc(0),
    ending: random.pick(endings),
    bad: Array.from({ length: 4 }, () => ({
      bytes: Garbage.badRequest(random),
      ending: random.pick(endings)
    }))
  }
}

const finish = ({ socket }: RawSocket, ending: Ending): void => {
  if (ending === "destroy") socket.destroy()
  if (ending === "end") socket.end()
  if (ending === "reset") socket.resetAndDestroy()
}

const answered = (raw: RawSocket, id: string) =>
  raw.until(({ bytes, isOver }) => isOver || bytes.includes(`"id":"${id}"`))

const run = Effect.fnUntraced(function* (url: string, todo: ReturnType<typeof plan>) {
  const raw = yield* openRaw(url, todo.isPipelined ? Buffer.concat([head, todo.early]) : head)
  yield* raw.upgraded
  if (!todo.isPipelined) raw.socket.write(todo.early)
  yield* answered(raw, "first")
  raw.socket.write(todo.late)
  yield* answered(raw, "last")
  raw.socket.write(todo.broken)
  finish(raw, todo.ending)
  for (const { bytes, ending } of todo.bad) finish(yield* openRaw(url, bytes), ending)
})

describe("garbage for the relay", () => {
  it.live(
    "[S6] 100,000 messages, broken frames and requests end nobody else, and leave nothing behind",
    () =>
      Effect.gen(function* () {
        console.log(`relay garbage: FUZZ_SEED=${seed}`)
        const random = makeRandom(seed)
        const relay = yield* startRelay({
          maxFrameSize: Garbage.maxFrameSize,
          handshakeTimeout: "2 seconds",
          authorizationTimeout: "2 seconds",
          silenceTimeout: "4 seconds"
        })
        const room = yield* makeRoom(relay.url)
        yield* room.move
        const { sockets, timers } = yield* relay.report
        let sent = 0

        const sendUntil = Effect.fnUntraced(function* (end: number) {
          while (sent < end) {
            const plans = Array.from({ length: atATime }, () => plan(random))
            yield* Effect.scoped(
              Effect.all(
                plans.map((todo) => run(relay.url, todo)),
                { concurrency: "unbounded" }
              )
            )
            sent += atATime * perConnection
          }
          yield* relay.quiet(sockets)
          yield* room.move
          return yield* relay.report
        })

        const start = performance.now()
        const [first, second] = yield* Effect.raceFirst(
          Effect.all([sendUntil(total / 5), sendUntil(total)]),
          Effect.raceFirst(Effect.forever(room.move), relay.ended)
        )
        const seconds = (performance.now() - start) / 1_000
        yield* relay.check
        const read = yield* relay.metrics
        console.log(
          `relay garbage: ${sent} messages in ${(sent / perConnection) * 5} sockets and ${seconds.toFixed(1)} s, ` +
            `${read("frames_received_total")} read, ${read("connections_opened_total")} connections opened, ` +
            `${room.moves()} moves, the slowest seen after ${room.slowest().toFixed(0)} ms, ` +
            `heap ${first.heap.toFixed(1)} -> ${second.heap.toFixed(1)} MB, rss ${first.rss.toFixed(0)} -> ${second.rss.toFixed(0)} MB, ` +
            `sockets ${sockets} -> ${second.sockets}, timers ${timers} -> ${second.timers}`
        )
        assert.isAtLeast(read("frames_received_total"), readAtLeast)
        assert.strictEqual(read("connections"), 2)
        assert.strictEqual(read("rooms"), 1)
        assert.strictEqual(read("sessions"), 1)
        assert.isAtMost(second.timers, timers + 2)
        assert.isFalse(second.polluted)
        assert.isBelow(second.heap - first.heap, 2)
      })
  )
})
