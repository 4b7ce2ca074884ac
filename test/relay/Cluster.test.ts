import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Backplane, type BackplaneStatus, MemoryBus } from "../../src/relay/Backplane.ts"
import { noCounts } from "../../src/relay/BackplaneHub.ts"
import { monotonicNow } from "../../src/relay/Clock.ts"
import {
  type ClusterMessage,
  decodeMessage,
  encodeMessage
} from "../../src/relay/ClusterMessage.ts"
import { Relay } from "../../src/relay/Relay.ts"
import { RelayAuth } from "../../src/relay/RelayAuth.ts"
import { subjectOf } from "../../src/relay/Topic.ts"
import { SessionId, UserId } from "../../src/Session.ts"
import { prompt, threeNodes, twoNodes } from "./clusterTest.ts"
import { gone, join, state } from "./RelayClient.ts"
import { metric } from "./visitor.ts"

describe("several nodes", () => {
  it.live("[S9] are one room: who joins, moves and leaves on one is seen on the others", () =>
    Effect.gen(function* () {
      const { one, two, three } = yield* threeNodes()
      const ada = yield* join(one.url, "p-ada")
      const bob = yield* join(two.url, "p-bob")
      const eve = yield* join(three.url, "p-eve")
      yield* ada.announce("a", ["here"])
      for (const client of [ada, bob, eve]) {
        assert.deepEqual(yield* client.next, state("p-ada", "a", ["here"]))
      }
      yield* ada.announce("a", ["there"])
      for (const client of [ada, bob, eve]) {
        assert.deepEqual(yield* client.next, state("p-ada", "a", ["there"]))
      }
      ada.socket.terminate()
      for (const client of [bob, eve]) assert.deepEqual(yield* client.next, gone("p-ada", "a"))
    })
  )

  it.live("[S9] answer a roll call for all of them, to who comes to a room new to a node too", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoNodes()
      const ada = yield* join(one.url, "p-ada")
      yield* ada.announce("a", ["here"])
      const bob = yield* join(two.url, "p-bob")
      yield* bob.rollCall("b")
      assert.deepEqual(yield* bob.next, state("p-ada", "a", ["here"]))
      const cyd = yield* join(two.url, "p-cyd")
      yield* cyd.rollCall("c")
      assert.deepEqual(yield* cyd.next, state("p-ada", "a", ["here"]))
    })
  )

  it.live("[S5] [S9] pass roll calls on to everyone on each of them, where they are told to", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoNodes({ rollCall: "forward" })
      const ada = yield* join(one.url, "p-ada")
      const bob = yield* join(two.url, "p-bob")
      yield* bob.rollCall("b")
      const event = { type: "rollCall", i: "p-bob", session: "b" } as unknown
      assert.deepEqual(yield* ada.next, event)
      assert.deepEqual(yield* bob.next, event)
    })
  )

  it.live("[S9] do not end a session that has moved to another node", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoNodes()
      const watcher = yield* join(two.url, "p-watcher")
      const old = yield* join(one.url, "p-ada")
      yield* old.announce("tab", ["old"])
      yield* old.announce("old only")
      assert.deepEqual(yield* watcher.next, state("p-ada", "tab", ["old"]))
      assert.deepEqual(yield* watcher.next, state("p-ada", "old only"))
      const reloaded = yield* join(two.url, "p-ada")
      yield* reloaded.announce("tab", ["back"])
      // Heard on the first node, too, before its connection dies.
      for (;;)
        if (JSON.stringify(yield* old.next) === JSON.stringify(state("p-ada", "tab", ["back"])))
          break
      old.socket.terminate()
      assert.deepEqual(yield* watcher.next, state("p-ada", "tab", ["back"]))
      assert.deepEqual(yield* watcher.next, gone("p-ada", "old only"))
      reloaded.socket.close()
      assert.deepEqual(yield* watcher.next, gone("p-ada", "tab"))
    })
  )

  it.live("[S3] keep rooms apart whose names only look alike", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoNodes()
      const rooms = [
        ["/v1/socket/c", "a-b.localhost"],
        ["/v1/socket/b-c", "a.localhost"],
        ["/v1/socket/a.b", undefined],
        ["/v1/socket/a", undefined],
        ["/v1/socket/canvases/a", undefined]
      ] as const
      for (const [index, [path, host]] of rooms.entries()) {
        const here = yield* join(one.url, "p-ada", path, host)
        const there = yield* join(two.url, "p-bob", path, host)
        yield* here.announce(`s${index}`)
        assert.deepEqual(yield* there.next, state("p-ada", `s${index}`))
      }
    })
  )

  it.live("[S9] hold those of a node that shuts down, until they are back elsewhere", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoNodes({ nodeReturnGrace: 200 })
      const watcher = yield* join(two.url, "p-watcher")
      const ada = yield* join(one.url, "p-ada")
      yield* ada.announce("a")
      const bob = yield* join(one.url, "p-bob")
      yield* bob.announce("b")
      yield* watcher.next
      yield* watcher.next
      yield* one.stop
      assert.strictEqual((yield* ada.closed).code, 1012)
      const back = yield* join(two.url, "p-ada")
      yield* back.announce("a", ["back"])
      assert.deepEqual(yield* watcher.next, state("p-ada", "a", ["back"]))
      assert.deepEqual(yield* watcher.next, gone("p-bob", "b"))
    })
  )

  it.live("[S9] go on by themselves without the backplane, and agree again when it is back", () =>
    Effect.gen(function* () {
      const { bus, one, two } = yield* twoNodes()
      const ada = yield* join(one.url, "p-ada")
      const bob = yield* join(two.url, "p-bob")
      yield* ada.announce("a", [1])
      yield* ada.announce("ends meanwhile")
      assert.deepEqual(yield* bob.next, state("p-ada", "a", [1]))
      assert.deepEqual(yield* bob.next, state("p-ada", "ends meanwhile"))
      yield* bus.cut("node-0")
      yield* bus.cut("node-1")
      yield* ada.announce("a", [2])
      yield* ada.disconnect("ends meanwhile")
      yield* bob.announce("b", [3])
      assert.deepEqual(yield* bob.next, state("p-bob", "b", [3]))
      yield* bus.heal("node-0")
      yield* bus.heal("node-1")
      assert.deepEqual(yield* bob.next, state("p-ada", "a", [2]))
      for (;;) {
        const event = yield* bob.next
        if (event.type === "disconnect") {
          assert.deepEqual(event, gone("p-ada", "ends meanwhile"))
          break
        }
        // Told to all, and to who asked.
        assert.deepEqual(event, state("p-ada", "a", [2]))
      }
      for (const event of [
        state("p-ada", "a", [1]),
        state("p-ada", "ends meanwhile"),
        state("p-ada", "a", [2]),
        gone("p-ada", "ends meanwhile"),
        state("p-bob", "b", [3])
      ]) {
        assert.deepEqual(yield* ada.next, event)
      }
    })
  )
})

describe("nodes that were cut off", () => {
  it.live("[S9] know it from the start, and join when they are let in", () =>
    Effect.gen(function* () {
      const bus = yield* MemoryBus.make()
      yield* bus.cut("late")
      const late = Context.get(yield* Layer.build(Backplane.layerMemory(bus, "late")), Backplane)
      assert.strictEqual(late.status()._tag, "Disconnected")
      yield* bus.heal("late")
      assert.strictEqual(late.status()._tag, "Connected")
    })
  )

  it.live("[S9] know no more who left the last of a room meanwhile", () =>
    Effect.gen(function* () {
      const { bus, one, two } = yield* twoNodes()
      const watcher = yield* join(one.url, "p-watcher")
      const ada = yield* join(two.url, "p-ada")
      yield* ada.announce("a")
      assert.deepEqual(yield* watcher.next, state("p-ada", "a"))
      yield* bus.cut("node-1")
      ada.socket.close()
      yield* ada.closed
      yield* Effect.sleep("50 millis")
      yield* bus.heal("node-1")
      assert.deepEqual(yield* watcher.next, gone("p-ada", "a"))
    })
  )

  it.live("[S9] end nobody who has moved to one that is back a little later", () =>
    Effect.gen(function* () {
      const { bus, one, two, three } = yield* threeNodes({ nodeReturnGrace: 3_000 })
      const watcher = yield* join(one.url, "p-watcher")
      const onTwo = yield* join(two.url, "p-other")
      const ada = yield* join(two.url, "p-ada")
      yield* ada.announce("a", [1])
      assert.deepEqual(yield* watcher.next, state("p-ada", "a", [1]))
      for (const node of ["node-0", "node-1", "node-2"]) yield* bus.cut(node)
      ada.socket.close()
      const moved = yield* join(three.url, "p-ada")
      yield* moved.announce("a", [2])
      yield* bus.heal("node-0")
      yield* bus.heal("node-1")
      yield* Effect.sleep("600 millis")
      yield* bus.heal("node-2")
      assert.deepEqual(yield* watcher.next, state("p-ada", "a", [2]))
      yield* Effect.sleep("3200 millis")
      const events = yield* watcher.rest
      assert.notDeepInclude(events, gone("p-ada", "a"))
      onTwo.socket.close()
    })
  )
})

const room = { _tag: "Dataset", project: "demo", dataset: "production" } as const
const otherRoom = { ...room, dataset: "other" } as const

/** A relay whose other nodes are the test's: what it tells them, and a way to tell it something. */
const amongOthers = Effect.gen(function* () {
  const told: Array<{ readonly to: string; readonly message: ClusterMessage }> = []
  const receivers = new Map<string, (message: string) => void>()
  const listeners = new Set<(status: BackplaneStatus) => void>()
  const backplane = Backplane.of({
    subscribe: (topic, receive) =>
      Effect.sync(
        () => void receivers.set(topic._tag === "Node" ? "node" : subjectOf(topic), receive)
      ),
    publish: (topic, text) => {
      const message = decodeMessage(text)
      assert(message !== undefined, text)
      if (message._tag !== "Alive") told.push({ to: subjectOf(topic), message })
    },
    status: () => ({ _tag: "Connected" }),
    heardAt: monotonicNow,
    onStatus: (notify) => Effect.sync(() => void listeners.add(notify)),
    counts: () => noCounts
  })
  const context = yield* Layer.build(
    Relay.layerNode(prompt).pipe(
      Layer.provide([RelayAuth.layerDevelopment, Layer.succeed(Backplane, backplane)])
    )
  )
  const tellText = (to: string, text: string) => {
    const receive = receivers.get(to)
    assert(receive !== undefined, `nobody listens to ${to}`)
    receive(text)
  }
  const tell = (to: string, message: ClusterMessage) => tellText(to, encodeMessage(message))
  const from = (node: string) => ({ node, at: Date.now() })
  return {
    url: Context.get(context, Relay).url,
    tell,
    tellText,
    from,
    /** What was told since this was last asked: to whom, and what kind of message. */
    take: () => told.splice(0).map(({ message, to }) => [to, message._tag] as const),
    /** The backplane is back. */
    reconnect: () => {
      for (const notify of listeners) notify({ _tag: "Connected" })
    },
    /** A node asks who is in a room. */
    ask: (node: string) =>
      tell(subjectOf({ _tag: "Room", room }), { _tag: "Sync", ...from(node), rooms: [room] })
  }
})

const toRoom = subjectOf({ _tag: "Room", room })
const toNode = (node: string) => subjectOf({ _tag: "Node", node })

describe("a node among others", () => {
  it.live("[S9] end no session because a piece of a table was lost on the way", () =>
    Effect.gen(function* () {
      const { from, tell, url } = yield* amongOthers
      const watcher = yield* join(url, "p-watcher")
      const piece = (index: number, count: number, ...sessions: ReadonlyArray<string>) =>
        tell(toRoom, {
          _tag: "Table",
          ...from("elsewhere"),
          room,
          index,
          count,
          entries: sessions.map((session) => ({
            openedAt: 1,
            event: {
              type: "state",
              i: UserId.make("p-ada"),
              m: { sessionId: SessionId.make(session), locations: [] }
            }
          }))
        })
      piece(0, 1, "a", "b", "c")
      for (const session of ["a", "b", "c"]) {
        assert.deepEqual(yield* watcher.next, state("p-ada", session))
      }
      piece(0, 3, "a")
      piece(2, 3, "c")
      assert.deepEqual(yield* watcher.rest, [state("p-ada", "a"), state("p-ada", "c")])
      piece(0, 2, "a")
      piece(1, 2, "c")
      assert.deepEqual(yield* watcher.next, state("p-ada", "a"))
      assert.deepEqual(yield* watcher.next, state("p-ada", "c"))
      assert.deepEqual(yield* watcher.next, gone("p-ada", "b"))
    })
  )

  it.live("[S9] takes nothing from a table that is older than what it knows, or no state", () =>
    Effect.gen(function* () {
      const { from, tell, url } = yield* amongOthers
      const watcher = yield* join(url, "p-watcher")
      const ada = yield* join(url, "p-ada")
      yield* ada.announce("a", ["here"])
      assert.deepEqual(yield* watcher.next, state("p-ada", "a", ["here"]))
      const i = UserId.make("p-ada")
      const session = SessionId.make("a")
      tell(toRoom, {
        _tag: "Table",
        ...from("elsewhere"),
        room,
        index: 0,
        count: 1,
        entries: [
          // Before it came here.
          { openedAt: 1, event: { type: "state", i, m: { sessionId: session, locations: [] } } },
          { openedAt: Date.now() + 60_000, event: { type: "disconnect", i, m: { session } } }
        ]
      })
      assert.deepEqual(yield* watcher.rest, [])
      yield* watcher.rollCall("w")
      assert.deepEqual(yield* watcher.next, state("p-ada", "a", ["here"]))
    })
  )

  it.live("[S9] counts what no node can have said, and goes on", () =>
    Effect.gen(function* () {
      const { from, take, tell, tellText, url } = yield* amongOthers
      yield* join(url, "p-ada")
      const toCluster = subjectOf({ _tag: "Cluster" })
      for (const text of ["", "{}", '{"_tag":"Alive","node":"a"}']) tellText(toCluster, text)
      const unreadable = metric(url, "backplane_unreadable_messages_total")
      assert.strictEqual(yield* Effect.promise(() => unreadable), 3)
      take()
      tell(toCluster, { _tag: "Alive", ...from("new") })
      assert.deepEqual(take(), [[toNode("new"), "Sync"]])
    })
  )

  it.live(
    "[S9] asks one that it hears for the first time, and nobody else, for all its rooms",
    () =>
      Effect.gen(function* () {
        const { from, take, tell, url } = yield* amongOthers
        yield* join(url, "p-ada")
        yield* join(url, "p-ada", "/v1/socket/other")
        take()
        const toCluster = subjectOf({ _tag: "Cluster" })
        tell(toCluster, { _tag: "Alive", ...from("new") })
        tell(toCluster, { _tag: "Alive", ...from("new") })
        tell(toCluster, { _tag: "Leaving", ...from("one that leaves") })
        assert.deepEqual(take(), [[toNode("new"), "Sync"]])
      })
  )

  it.live("[S9] is back: tells everyone once, and whoever asks until then nothing more", () =>
    Effect.gen(function* () {
      const { ask, reconnect, take, url } = yield* amongOthers
      yield* join(url, "p-ada")
      ask("a")
      take()
      reconnect()
      for (let times = 0; times < 3; times++) ask("a")
      assert.deepEqual(take(), [[subjectOf({ _tag: "Cluster" }), "Back"]])
      yield* Effect.sleep("600 millis")
      assert.deepEqual(take(), [
        [toRoom, "Table"],
        [toRoom, "Sync"]
      ])
      ask("a")
      assert.deepEqual(take(), [[toNode("a"), "Table"]])
    })
  )

  it.live("[S9] is asked for several rooms, and answers for those that it has", () =>
    Effect.gen(function* () {
      const { from, take, tell, url } = yield* amongOthers
      yield* join(url, "p-ada")
      take()
      tell("node", { _tag: "Sync", ...from("a"), rooms: [otherRoom, room] })
      assert.deepEqual(take(), [
        [toNode("a"), "Table"],
        [toNode("a"), "Sync"]
      ])
    })
  )

  it.each([-1, 0.5, 1e300])("takes nothing for a time that is none, as %s", (at) => {
    assert.isDefined(decodeMessage(JSON.stringify({ _tag: "Alive", node: "a", at: 1 })))
    assert.isUndefined(decodeMessage(JSON.stringify({ _tag: "Alive", node: "a", at })))
  })
})
