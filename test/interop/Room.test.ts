import { assert, describe, layer, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import {
  enter,
  Interop,
  kinds,
  others,
  randomPlace,
  rollCalls,
  startRelay,
  untilAllSee,
  untilSees,
  userOf
} from "./Interop.ts"
import { spawn } from "./Peer.ts"
import type { Place } from "./PeerProtocol.ts"

// Every wait has an end of its own, and says what it was for; this is for what has none.
vi.setConfig({ testTimeout: 60_000 })

/** The two that are there already, each at a place of its own, and seen there by the other. */
const settle = Effect.fnUntraced(function* (
  here: ReturnType<typeof others>,
  room: ReturnType<Interop["Service"]["room"]>
) {
  const expected = new Map<string, ReadonlyArray<Place>>()
  for (const peer of here) {
    const places = [randomPlace()]
    yield* enter(peer, room, places)
    expected.set(userOf[peer.kind], places)
  }
  yield* untilAllSee(here, expected)
  return expected
})

layer(Interop.layer, { excludeTestServices: true, timeout: "60 seconds" })(
  "bifur-client, the App SDK and ours in one room",
  (it) => {
    describe.each(rollCalls)("with roll calls answered by %s", (rollCall) => {
      it.effect.each(kinds)("%s joins last and sees who was there before", (last) =>
        Effect.gen(function* () {
          const { peers, room } = yield* Interop
          const here = room(rollCall)
          const expected = yield* settle(others(peers, last), here)
          yield* enter(peers[last], here)
          yield* untilSees(peers[last], expected)
        })
      )

      it.effect.each(kinds)("%s is seen to join, to move and to leave by saying so", (mover) =>
        Effect.gen(function* () {
          const { peers, room } = yield* Interop
          const here = room(rollCall)
          const watchers = others(peers, mover)
          const user = userOf[mover]
          const before = yield* settle(watchers, here)

          yield* enter(peers[mover], here, [])
          yield* untilAllSee([...watchers, peers[mover]], new Map([...before, [user, []]]))
          for (const places of [[randomPlace()], [randomPlace(), randomPlace()]]) {
            yield* peers[mover].report(places)
            yield* untilAllSee(watchers, new Map([...before, [user, places]]))
          }
          yield* peers[mover].leave
          yield* untilAllSee(watchers, before)
          assert.isTrue(peers[mover].isRunning(), "it left by saying so, not with its process")
        })
      )
    })

    it.effect.each(kinds)("%s is gone for everyone when its process is killed", (kind) =>
      Effect.gen(function* () {
        const { peers, room } = yield* Interop
        const here = room()
        const watchers = kinds.map((kind) => peers[kind])
        for (const peer of watchers) yield* enter(peer, here, [])
        const before = new Map(kinds.map((kind) => [userOf[kind], []]))
        yield* untilAllSee(watchers, before)

        const victim = yield* spawn(kind)
        const places = [randomPlace()]
        yield* victim.join(here, "p-victim")
        yield* victim.report(places)
        yield* untilAllSee(watchers, new Map([...before, ["p-victim", places]]))
        yield* victim.kill
        assert.isFalse(victim.isRunning())
        yield* untilAllSee(watchers, before)

        const { events } = yield* peers.bifur.until("a disconnect", ({ events }) =>
          events.some(({ type }) => type === "disconnect")
        )
        assert.lengthOf(
          events.filter(({ type }) => type === "disconnect"),
          1
        )
      })
    )

    it.effect("a relay that was restarted gets the SDK and ours back, and they each other", () =>
      Effect.gen(function* () {
        const { peers, room } = yield* Interop
        const lifetime = yield* Scope.fork(yield* Scope.Scope)
        const { address, url } = yield* Scope.provide(startRelay(), lifetime)
        const here = { ...room(), url }
        const there = [peers.sdk, peers.ours]
        const before = yield* settle(there, here)
        yield* Scope.close(lifetime, Exit.void)

        yield* startRelay({ port: address.port })
        // bifur-client does not reconnect by itself; it joins the new relay, which knows nobody yet.
        yield* enter(peers.bifur, here)
        yield* untilSees(peers.bifur, before)
        const after = new Map(there.map(({ kind }) => [userOf[kind], [randomPlace()]]))
        for (const peer of there) yield* peer.report(after.get(userOf[peer.kind]) ?? [])
        yield* untilAllSee([...there, peers.bifur], after)
      })
    )
  }
)
