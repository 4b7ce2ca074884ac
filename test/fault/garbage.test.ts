/** A server, or whoever gets at its frames, sends nonsense to the real client. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { decodePresence, Method } from "../../src/bifur/BifurEvent.ts"
import { encodeRequest } from "../../src/bifur/JsonRpc.ts"
import { PresenceConfig, PresenceState } from "../../src/index.ts"
import { Relay } from "../../src/relay/index.ts"
import * as RelayClient from "../relay/RelayClient.ts"
import { relayWith } from "../relay/relayTest.ts"
import * as FloodHeap from "./heap.ts"
import * as Frames from "./garbageFrames.ts"
import * as Oracle from "./garbageOracle.ts"
import { makeRandom } from "./replayRandom.ts"
import { dropped, enter, sessionIn, statusesOf, until } from "./observe.ts"
import * as SpoofProxy from "./InjectingProxy.ts"

const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31)

const warmUp = 10_000
const total = 100_000
const checkEvery = 5_000
const block = 250

const reasons = [
  "json",
  "json-rpc",
  "binary",
  "frame-length",
  "reply",
  "subscription",
  "event",
  "unknown-event",
  "id-length",
  "location",
  "unknown-location",
  "locations",
  "path-length",
  "string-length"
] as const

const { limits } = PresenceConfig.make({})

/** A member of the room; each of its moves is one step further. */
const makePeer = Effect.fnUntraced(function* (url: string) {
  const client = yield* RelayClient.join(url, "p-peer")
  let step = 0
  const move = Effect.gen(function* () {
    const locations = [{ type: "document", documentId: `${++step}`, path: [], lastActiveAt: "" }]
    const data = { sessionId: "peer", locations }
    client.send(encodeRequest(`step-${step}`, Method.announce, { data }))
    yield* client.waiting
    return step
  })
  return { move, moves: () => step }
})

const documentOfPeer = (state: PresenceState.PresenceState) =>
  Number(sessionIn(state, "p-peer", "peer")?.locations[0]?.documentId ?? 0)

const invented = (state: PresenceState.PresenceState) =>
  PresenceState.toArray(state).filter(({ userId }) => userId !== "p-peer")

/** Everyone invented, by what they said last. */
const placesOfInvented = (state: PresenceState.PresenceState) =>
  Object.fromEntries(
    invented(state)
      .map(({ locations, sessionId, userId }) => [
        Oracle.keyOf(userId, sessionId),
        locations.map((l) => Oracle.placeOf(l.documentId, l.path, l.selection))
      ])
      .toSorted()
  )

/** What the client should have made of everything that it was sent. */
const makeLedger = () => {
  const drops = new Map<string, number>()
  const said = new Map<string, Oracle.Places>()
  let ours = 0
  return {
    drops,
    said,
    ours: () => ours,
    enter: (verdict: Oracle.Verdict) => {
      for (const reason of verdict.dropped) drops.set(reason, (drops.get(reason) ?? 0) + 1)
      if (verdict.isOurs) ours += 1
      if (verdict.said?._tag === "State") said.set(verdict.said.key, verdict.said.places)
      if (verdict.said?._tag === "Disconnect") said.delete(verdict.said.key)
    }
  }
}

/** What stands between the random frames of a block: the deep ones, and those that are too large. */
const extraFrames = (subscription: string, index: number): ReadonlyArray<Frames.Frame> => {
  const frames: Array<Frames.Frame> = []
  if (index % 2 === 0) frames.push(Frames.deepFrame(subscription, index / 2))
  if (index % 4 === 0) frames.push("x".repeat(limits.frameLength + 1))
  if (index % 80 === 40) frames.push(" ".repeat(10 * 2 ** 20))
  return frames
}

describe("garbage", () => {
  it.live("[R2] 100,000 frames of nonsense end nothing, hide nobody and leave nothing behind", () =>
    Effect.gen(function* () {
      console.log(`garbage: FUZZ_SEED=${seed}`)
      const random = makeRandom(seed)
      const { url } = yield* Relay
      const proxy = yield* SpoofProxy.make(url)
      const presence = yield* enter(proxy.url, "p-ada")
      const statuses = yield* statusesOf(presence)
      yield* presence.ready
      yield* presence.report([{ documentId: "own" }])
      const subscription = yield* proxy.subscription
      const peer = yield* makePeer(url)
      const ledger = makeLedger()
      const before = Object.getOwnPropertyNames(Object.prototype)
      let slowest = 0
      let blocks = 0

      const send = Effect.fnUntraced(function* (frames: ReadonlyArray<Frames.Frame>) {
        for (const frame of frames) {
          ledger.enter(Oracle.judge(frame, { subscription, answered: 3, limits }))
        }
        yield* proxy.inject(frames)
      })
      const seePeer = Effect.gen(function* () {
        const step = yield* peer.move
        const took = yield* until(presence, `move ${step}`, (s) => documentOfPeer(s) >= step)
        slowest = Math.max(slowest, took)
      })
      const sendRandom = Effect.fnUntraced(function* (count: number) {
        for (let sent = 0; sent < count; sent += block) {
          const frames = Array.from({ length: block }, () =>
            Frames.randomFrame(random, subscription)
          )
          yield* peer.move
          yield* send([...frames, ...extraFrames(subscription, blocks++)])
          if ((sent + block) % checkEvery === 0) yield* seePeer
        }
      })
      /** What they said last differs in size. */
      const dismissInvented = Effect.gen(function* () {
        yield* proxy.publish(
          invented(yield* SubscriptionRef.get(presence.state)).map(({ sessionId, userId }) => ({
            type: "disconnect",
            i: userId,
            m: { session: sessionId }
          }))
        )
        ledger.said.clear()
        yield* seePeer
      })

      /** Memory once nobody invented is left. */
      const settledHeap = Effect.andThen(dismissInvented, FloodHeap.heapUsed)

      yield* sendRandom(warmUp)
      const heapBefore = yield* settledHeap
      const heaps = [heapBefore]
      const start = performance.now()
      yield* sendRandom(total / 2)
      heaps.push(yield* settledHeap)
      yield* sendRandom(total / 2)
      yield* seePeer
      const seconds = (performance.now() - start) / 1000
      assert.deepStrictEqual(
        placesOfInvented(yield* SubscriptionRef.get(presence.state)),
        Object.fromEntries([...ledger.said].toSorted())
      )
      heaps.push(yield* settledHeap)

      const counts = yield* Effect.forEach(reasons, (reason) =>
        Effect.map(dropped(reason), (count) => [reason, count] as const)
      )
      console.log(
        `garbage: ${total} frames (${ledger.ours()} with the live subscription) in ${seconds.toFixed(1)} s, ` +
          `${peer.moves()} moves of the peer, the slowest seen after ${slowest.toFixed(0)} ms, ` +
          `heap ${heaps.map((heap) => heap.toFixed(2)).join(" -> ")} MB, left out ${JSON.stringify(Object.fromEntries(counts))}`
      )
      assert.deepStrictEqual(
        Object.fromEntries(counts),
        Object.fromEntries(reasons.map((reason) => [reason, ledger.drops.get(reason) ?? 0]))
      )
      for (const [reason, count] of counts) assert.isAtLeast(count, 100, reason)
      assert.isAtLeast(ledger.ours(), (warmUp + total) / 2)
      assert.deepStrictEqual(statuses, ['{"_tag":"Connecting"}', "Connected 1"])
      assert.deepStrictEqual(Object.getOwnPropertyNames(Object.prototype), before)
      assert.notProperty({}, "polluted")
      // Code that is compiled in the course of it takes up to 1 MB.
      assert.isBelow(Math.max(...heaps) - heapBefore, 1.5)
    }).pipe(
      Effect.provide(relayWith({ rollCall: "forward" })),
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
  )

  it("[R6] a session with a hundred thousand things that are no places is not read to the end", () => {
    const things = [0, {}, { type: "x" }]
    const counts = things.map((thing) => {
      const locations = Array.from({ length: 100_000 }, () => thing)
      const result = { type: "state", i: "p-hostile", m: { sessionId: "s", locations } }
      const start = performance.now()
      const decoded = decodePresence({ subscription: "s", result }, limits)
      const took = performance.now() - start
      console.log(
        `garbage: 100,000 ${JSON.stringify(thing)} for locations cost ${took.toFixed(0)} ms`
      )
      return decoded.dropped.length
    })
    assert.isAtMost(Math.max(...counts), limits.locations + 1)
  })
})
