import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { monotonicNow } from "../../src/relay/Clock.ts"
import { OpenRoom } from "../../src/relay/OpenRoom.ts"
import { makeOwner } from "../../src/relay/Owner.ts"
import { RelayCounts } from "../../src/relay/RelayCounts.ts"
import type { Publication } from "../../src/relay/Publication.ts"
import { Tally } from "../../src/relay/Tally.ts"
import { SessionId, sessionKey, UserId } from "../../src/Session.ts"
import { fakeConnection } from "./FakeSocket.ts"

const ada = UserId.make("p-ada")
const bob = UserId.make("p-bob")
const tab = SessionId.make("tab")

/** A room with one member, what it tells other nodes, and a promise of its end. */
const openRoom = (settings: {
  readonly announceInterval: number
  readonly batchInterval: number
}) => {
  const counts = new RelayCounts()
  const shared: Array<Publication> = []
  const emptied = Deferred.makeUnsafe<void>()
  const room = new OpenRoom({
    settings,
    counts,
    held: new Tally(),
    share: (publications) => shared.push(...publications),
    onEmpty: () => {
      room.close()
      Deferred.doneUnsafe(emptied, Effect.void)
    }
  })
  const { connection } = fakeConnection(counts)
  room.connections.add(connection)
  room.subscribe(connection)
  return { connection, counts, emptied: Deferred.await(emptied), room, shared }
}

const typesOf = (publications: ReadonlyArray<Publication>) =>
  publications.map(({ event }) => event.type)

describe("a room whose last connection leaves", () => {
  it.live("[S9] tells other nodes of a goodbye that still waits for its batch, then closes", () =>
    Effect.promise(async () => {
      const { connection, emptied, room, shared } = openRoom({
        announceInterval: 0,
        batchInterval: 20
      })
      room.publish([room.table.announce(connection.owner, ada, tab, [], monotonicNow())])
      room.publish(room.table.disconnect(connection.owner, ada, tab, monotonicNow()))
      room.leave(connection, 0)
      await Effect.runPromise(emptied)
      assert.deepStrictEqual(typesOf(shared), ["state", "disconnect"])
    })
  )

  it.live(
    "[S9] tells them of the departure at the end of the grace too, whatever else is said",
    () =>
      Effect.promise(async () => {
        const { connection, emptied, room, shared } = openRoom({
          announceInterval: 0,
          batchInterval: 20
        })
        const elsewhere = makeOwner("other", 1)
        room.publish([room.table.announce(connection.owner, ada, tab, [], monotonicNow())])
        room.leave(connection, 25)
        const talk = setInterval(() => {
          room.publish([room.table.announce(elsewhere, bob, tab, [], monotonicNow())])
        }, 1)
        await Effect.runPromise(emptied)
        clearInterval(talk)
        const own = shared.filter(({ sender }) => sender.node === "node")
        assert.deepStrictEqual(typesOf(own), ["state", "disconnect"])
      })
  )

  it("[S9] tells other nodes what it said, though one of them says something else before the batch is out", () => {
    const { connection, room, shared } = openRoom({ announceInterval: 0, batchInterval: 1_000 })
    const elsewhere = makeOwner("other", 0)
    room.publish([room.table.announce(connection.owner, bob, tab, [], monotonicNow())])
    shared.length = 0
    room.publish([room.table.announce(connection.owner, ada, tab, [], monotonicNow())])
    room.publish([room.table.announce(elsewhere, ada, tab, [], monotonicNow())])
    room.publish(room.table.disconnect(connection.owner, ada, tab, monotonicNow()))
    room.publish([room.table.announce(elsewhere, ada, tab, [], monotonicNow())])
    room.close()
    const own = shared.filter(({ sender }) => sender.node === "node")
    assert.deepStrictEqual(typesOf(own), ["state", "disconnect"])
  })

  it("[S7] publishes nothing any more once it is closed", () => {
    const { connection, counts, room, shared } = openRoom({ announceInterval: 0, batchInterval: 0 })
    room.publish([room.table.announce(connection.owner, ada, tab, [], monotonicNow())])
    room.close()
    room.leave(connection, 0)
    assert.deepStrictEqual(typesOf(shared), ["state"])
    assert.strictEqual(counts.events, 1)
  })
})

describe("sessions that a node's table does not mention", () => {
  it.live("[S9] and that are gone by then keep no room open", () =>
    Effect.promise(async () => {
      const { connection, emptied, room } = openRoom({ announceInterval: 0, batchInterval: 0 })
      room.endSessionsIn([sessionKey(ada, tab)], "other", 0)
      assert.isUndefined(room.table.nextDeparture)
      room.leave(connection, 0)
      await Effect.runPromise(emptied)
    })
  )

  it("[S9] and that have moved on to another node by then stay", () => {
    const { room } = openRoom({ announceInterval: 0, batchInterval: 0 })
    room.publish([room.table.announce(makeOwner("third", 5), ada, tab, [], monotonicNow())])
    room.endSessionsIn([sessionKey(ada, tab)], "other", 0)
    assert.strictEqual(room.table.size, 1)
    room.endSessionsIn([sessionKey(ada, tab)], "third", 0)
    assert.strictEqual(room.table.size, 0)
  })
})

describe("a thousand sessions that wait for their turn", () => {
  it("[S8] do not make each further announce a thousand times as dear", () => {
    const { connection, room } = openRoom({ announceInterval: 10_000, batchInterval: 10 })
    const announce = (n: number) =>
      room.publish([
        room.table.announce(connection.owner, UserId.make(`p-${n}`), tab, [], monotonicNow())
      ])
    for (let n = 0; n < 5_000; n++) announce(n)
    const start = performance.now()
    for (let n = 0; n < 5_000; n++) announce(n)
    assert.isBelow(performance.now() - start, 1_000)
    room.close()
  })
})
