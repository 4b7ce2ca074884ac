import { fork } from "node:child_process"
import { join as joinPath } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { joinRaw, requestFrame } from "./RawReceiver.ts"

const slowReaderTimeout = 8_000
/** Far longer: nobody here answers pings. */
const silenceTimeout = 30_000
/** In this time the machine's own buffers are full, but not for as long as is too long. */
const stall = 11_000

const decodeUrl = Schema.decodeUnknownSync(Schema.Struct({ url: Schema.String }))
const decodeCost = Schema.decodeUnknownSync(
  Schema.Struct({ rss: Schema.Finite, used: Schema.Finite })
)

/** A relay in a process of its own, so that its memory is its own too. */
const startRelay = Effect.gen(function* () {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      fork(
        joinPath(import.meta.dirname, "serveRelay.ts"),
        [`${slowReaderTimeout}`, `${silenceTimeout}`],
        {
          execArgv: ["--expose-gc"],
          stdio: ["ignore", "ignore", "inherit", "ipc"]
        }
      )
    ),
    (child) => Effect.sync(() => void child.kill())
  )
  const said = Effect.callback<unknown>((resume) => {
    child.once("message", (message) => resume(Effect.succeed(message)))
  })
  const { url } = decodeUrl(yield* said)
  const cost = Effect.suspend(() => {
    child.send("cost")
    return Effect.map(said, decodeCost)
  })
  return { url, cost }
})

const padding = "x".repeat(3_400)

/** Twenty people who move twelve times a second; each word is the time at which it was said. */
const startSenders = Effect.fnUntraced(function* (url: string) {
  const senders = yield* Effect.forEach(
    Array.from({ length: 20 }, (_, n) => n),
    (n) => joinRaw(url, `p-sender-${n}`, () => undefined),
    { concurrency: "unbounded" }
  )
  const sayAll = (word: number): void => {
    for (const [n, { socket }] of senders.entries()) {
      const data = { sessionId: `s${n}`, locations: [word, padding] }
      socket.write(requestFrame("a", "presence_announce", { data }))
    }
  }
  const timer = setInterval(() => sayAll(performance.now()), 80)
  yield* Effect.addFinalizer(() => Effect.sync(() => clearInterval(timer)))
  return {
    stop: Effect.sync(() => clearInterval(timer)),
    sayLast: Effect.sync(() => sayAll(-1))
  }
})

const state = /"sessionId":"(s\d+)","locations":\[(-?[\d.]+),/

/** Where a receiver believes each session to be, and how late it learned it. */
const makeView = () => {
  const words = new Map<string, number>()
  let delays: Array<number> = []
  return {
    words,
    onTexts: (texts: ReadonlyArray<string>): void => {
      for (const text of texts) {
        const [, session, said] = state.exec(text) ?? []
        if (session === undefined) continue
        words.set(session, Number(said))
        delays.push(performance.now() - Number(said))
      }
    },
    takeDelays: () => {
      const taken = delays
      delays = []
      return taken
    }
  }
}

const p99 = (values: ReadonlyArray<number>): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length * 0.99)] ?? Number.NaN

describe("one in ten of a hundred readers that stand still", () => {
  it.live(
    "[S12] cost the others nothing, the relay little, and learn all when they read again",
    () =>
      Effect.gen(function* () {
        const { cost, url } = yield* startRelay
        const views = Array.from({ length: 10 }, makeView)
        const healthy = yield* Effect.forEach(
          Array.from({ length: 90 }, (_, n) => n),
          (n) => joinRaw(url, `p-healthy-${n}`, views[n]?.onTexts ?? (() => undefined)),
          { concurrency: "unbounded" }
        )
        const { sayLast, stop } = yield* startSenders(url)
        const delays = () => p99(views.flatMap(({ takeDelays }) => takeDelays()))
        yield* Effect.sleep(1_000)
        delays()
        yield* Effect.sleep(4_000)
        const before = { p99: delays(), ...(yield* cost) }
        const stalledAt = performance.now()
        // They have read nothing yet, so there is little that their machine takes for them.
        const slowViews = Array.from({ length: 10 }, makeView)
        const slow = yield* Effect.forEach(
          slowViews,
          (view, n) =>
            joinRaw(url, `p-slow-${n}`, view.onTexts).pipe(
              Effect.tap(({ socket }) => Effect.sync(() => socket.pause()))
            ),
          { concurrency: "unbounded" }
        )
        const [first] = healthy
        const [behind] = slow
        assert(first !== undefined && behind !== undefined)
        const sentBefore = first.received()
        yield* Effect.sleep(stall)
        const during = { p99: delays(), ...(yield* cost) }
        const sent = first.received() - sentBefore
        const readBefore = behind.received()
        const back = slow.slice(0, 5)
        for (const { socket } of back) socket.resume()
        yield* Effect.sleep(1_000)
        const caughtUp = behind.received() - readBefore
        // Those who never read again are given up while the others go on.
        const hopeless = slow.slice(5)
        yield* Effect.sleep(slowReaderTimeout + 1_000)
        const after = { p99: delays(), ...(yield* cost) }
        yield* stop
        yield* Effect.sleep(300)
        yield* sayLast
        for (const [n, { until }] of back.entries()) {
          yield* until(() => {
            const words = [...(slowViews[n]?.words.values() ?? [])]
            return words.length === 20 && words.every((word) => word === -1)
          })
        }
        yield* first.until(() => [...(views[0]?.words.values() ?? [])].every((word) => word === -1))
        for (const { socket } of hopeless) {
          const closed = Effect.callback<void>((resume) => {
            socket.once("close", () => resume(Effect.void))
            socket.resume()
          })
          yield* closed
        }
        // For what they did not read, not for what they did not say.
        assert.isBelow(performance.now() - stalledAt, silenceTimeout)
        const mb = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MiB`
        console.log(
          [
            `slow readers: p99 ${before.p99.toFixed(1)} ms before, ${during.p99.toFixed(1)} ms with 10 of 100 stalled, ${after.p99.toFixed(1)} ms after 5 are back`,
            `memory in use ${mb(before.used)}, ${mb(during.used)}, ${mb(after.used)}; resident ${mb(before.rss)}, ${mb(during.rss)}, ${mb(after.rss)}`,
            `sent meanwhile to each ${mb(sent)}, read by one that is back ${mb(caughtUp)}`
          ].join("\n")
        )
        assert.isBelow(during.p99, before.p99 * 3 + 50)
        assert.isBelow(during.used - before.used, 20 * 1_048_576)
        // Else nothing was held back, and this was no test.
        assert.isBelow(caughtUp, sent * 0.8)
      })
  )
})
