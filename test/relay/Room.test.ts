import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { makeOwner } from "../../src/relay/Owner.ts"
import type { Publication } from "../../src/relay/Publication.ts"
import { Room, sessionTimeToLive } from "../../src/relay/Room.ts"
import { Tally } from "../../src/relay/Tally.ts"
import { SessionId, UserId } from "../../src/Session.ts"
import { buffersUsed, heapUsed } from "../fault/heap.ts"

const ada = UserId.make("p-ada")
const bob = UserId.make("p-bob")
const tab = SessionId.make("tab")

const owners = { 1: makeOwner("node", 1), 2: makeOwner("node", 2), 3: makeOwner("node", 3) }

const makeRoom = (subscription = "s") => new Room(subscription, { announceInterval: 50 })

const events = (publications: Iterable<{ readonly event: unknown }>) =>
  Array.from(publications, ({ event }) => event)

const textOf = ({ frame }: Publication) => String(frame.subarray(frame[1] === 126 ? 4 : 2))

const goodbyes = (room: Room) => room.depart(0).filter(({ event }) => event.type === "disconnect")

/** The connection is gone, and nobody comes back. */
const gone = (room: Room, owner: (typeof owners)[1]) => {
  room.leave(owner, 0)
  return goodbyes(room)
}

describe("Room", () => {
  it("writes an event once, in the frame that every subscriber gets", () => {
    const room = makeRoom("sub-1")
    const publication = room.announce(owners[1], ada, tab, [{ type: "new", extra: true }], 0)
    assert.deepStrictEqual(JSON.parse(textOf(publication)), {
      jsonrpc: "2.0",
      method: "presence_subscription",
      params: {
        subscription: "sub-1",
        result: {
          type: "state",
          i: "p-ada",
          m: { sessionId: "tab", locations: [{ type: "new", extra: true }] }
        }
      }
    })
  })

  it.live("[S10] keeps of a session what is published, however many values that is", () =>
    Effect.gen(function* () {
      const room = makeRoom()
      // Read as they are: as values they take about eight times their text.
      const text = `[${Array.from({ length: 30_000 }, () => "[]").join()}]`
      const before = yield* heapUsed
      for (let n = 0; n < 20; n++) {
        room.announce(owners[1], ada, SessionId.make(`s${n}`), JSON.parse(text), 0)
      }
      const grown = (yield* heapUsed) - before
      console.log(`20 sessions of ${text.length} bytes: ${grown.toFixed(1)} MiB more of heap`)
      // The frames are no part of the heap.
      assert.isBelow(grown * 2 ** 20, (20 * text.length) / 2)
      assert.strictEqual(room.size, 20)
    })
  )

  it.live("[S10] holds no more bytes than it counts, among announces that come and go", () =>
    Effect.gen(function* () {
      const held = new Tally()
      const rooms = Array.from(
        { length: 5 },
        (_, n) => new Room(`sub-${n}`, { announceInterval: 50 }, held)
      )
      const large = ["x".repeat(30_000)]
      const before = yield* buffersUsed
      for (let n = 0; n < 100; n++) {
        for (const room of rooms) {
          room.announce(owners[1], ada, SessionId.make(`s${n}`), [], n)
          // Two fill what Node cuts small buffers out of.
          for (let i = 0; i < 2; i++) room.announce(owners[1], ada, tab, large, n)
        }
      }
      const grown = (yield* buffersUsed) - before
      const counted = held.of(ada) / 2 ** 20
      console.log(
        `500 small sessions: ${counted.toFixed(1)} MiB counted, ${grown.toFixed(1)} MiB held`
      )
      // And what is left of the test itself.
      assert.isAtMost(grown, counted + 2)
      assert.strictEqual(rooms[0]?.size, 101)
    })
  )

  it("knows what it holds for each user, and nothing once all are gone", () => {
    const held = new Tally()
    const rooms = [1, 2].map(() => new Room("s", { announceInterval: 50 }, held))
    const [one, two] = rooms
    assert(one !== undefined && two !== undefined)
    one.announce(owners[1], ada, tab, ["x".repeat(1_000)], 0)
    one.announce(owners[1], ada, tab, [], 1)
    two.announce(owners[1], ada, tab, ["x".repeat(1_000)], 0)
    two.announce(owners[2], ada, SessionId.make("later"), [], 0)
    two.announce(owners[2], bob, tab, [], 0)
    const withoutBob = one.heldFor(ada)
    assert.isAbove(withoutBob, 1_000)
    assert.isBelow(withoutBob, 4_000)
    one.disconnect(owners[1], ada, tab, 2)
    assert.isBelow(one.heldFor(ada), withoutBob)
    two.prune(sessionTimeToLive)
    assert.strictEqual(one.heldFor(ada) + one.heldFor(bob), 0)
    one.announce(owners[1], ada, tab, [], 0)
    one.clear()
    assert.strictEqual(two.heldFor(ada) + one.size, 0)
  })

  it("answers a roll call with the latest word of each session", () => {
    const room = makeRoom()
    room.announce(owners[1], ada, tab, ["first"], 0)
    const latest = room.announce(owners[1], ada, tab, ["second"], 1)
    const other = room.announce(owners[2], bob, tab, [], 2)
    assert.deepStrictEqual(room.present(3), [latest, other])
  })

  it("forgets a session that has not announced for its time to live", () => {
    const room = makeRoom()
    room.announce(owners[1], ada, tab, [], 0)
    assert.lengthOf(room.present(sessionTimeToLive - 1), 1)
    assert.lengthOf(room.present(sessionTimeToLive), 0)
    assert.strictEqual(room.size, 0)
  })

  it("keeps the same session id of two users apart", () => {
    const room = makeRoom()
    room.announce(owners[1], ada, tab, [], 0)
    room.disconnect(owners[2], bob, tab, 9)
    assert.strictEqual(room.get(ada, tab)?.owner, owners[1])
  })

  it("ends the sessions of a connection that is gone, and only those", () => {
    const room = makeRoom()
    const later = SessionId.make("later")
    room.announce(owners[1], ada, tab, [], 0)
    room.announce(owners[1], ada, later, [], 0)
    room.announce(owners[2], bob, tab, [], 0)
    assert.deepStrictEqual(events(gone(room, owners[1])), [
      { type: "disconnect", i: ada, m: { session: tab } },
      { type: "disconnect", i: ada, m: { session: later } }
    ])
    assert.strictEqual(room.size, 1)
  })

  it("gives a session to the newest connection: the death of an older one ends nothing", () => {
    const room = makeRoom()
    room.announce(owners[1], ada, tab, [], 0)
    room.announce(owners[2], ada, tab, [], 1)
    room.announce(owners[1], ada, tab, ["a late frame of the old page"], 2)
    assert.deepStrictEqual(gone(room, owners[1]), [])
    assert.lengthOf(gone(room, owners[2]), 1)
  })

  it("ignores the late goodbye of a connection whose session has moved on", () => {
    const room = makeRoom()
    room.announce(owners[1], ada, tab, [], 0)
    room.announce(owners[2], ada, tab, [], 1)
    assert.isEmpty(room.disconnect(owners[1], ada, tab, 9))
    assert.isNotEmpty(room.disconnect(owners[2], ada, tab, 9))
    assert.strictEqual(room.size, 0)
  })

  const connection = Schema.Literals([1, 2, 3])
  const user = Schema.Literals(["p-ada", "p-bob"])
  const session = Schema.Literals(["a", "b"])
  const Step = Schema.Union([
    Schema.Struct({ do: Schema.Literal("announce"), connection, user, session }),
    Schema.Struct({ do: Schema.Literal("disconnect"), connection, user, session }),
    Schema.Struct({ do: Schema.Literal("leave"), connection })
  ])

  it.prop(
    "ends each session exactly once, by its newest connection, whatever the order",
    { steps: Schema.Array(Step) },
    ({ steps }) => {
      const room = makeRoom()
      const expected = new Map<string, number>()
      for (const step of steps) {
        if (step.do === "leave") {
          const owned = [...expected].filter(([, owner]) => owner === step.connection)
          for (const [key] of owned) expected.delete(key)
          assert.lengthOf(gone(room, owners[step.connection]), owned.length)
        } else {
          const key = `${step.user} ${step.session}`
          const [userId, sessionId] = [UserId.make(step.user), SessionId.make(step.session)]
          const owner = expected.get(key) ?? 0
          if (step.do === "announce") {
            room.announce(owners[step.connection], userId, sessionId, [], 0)
            expected.set(key, Math.max(owner, step.connection))
          } else {
            const goodbye = room.disconnect(owners[step.connection], userId, sessionId, 0)
            assert.strictEqual(goodbye.length > 0, expected.has(key) && owner <= step.connection)
            if (goodbye.length > 0) expected.delete(key)
          }
        }
        assert.strictEqual(room.size, expected.size)
        assert.lengthOf(room.present(0), expected.size)
      }
    },
    { arbitrary: { runs: 300 } }
  )

  it("[S4] publishes no goodbye of a user for a session that is another's, or nobody's", () => {
    const room = makeRoom()
    const eve = UserId.make("p-eve")
    const victim = SessionId.make("V")
    room.announce(owners[1], UserId.make("p-victim"), victim, [], 0)
    assert.isEmpty(room.disconnect(owners[2], eve, victim, 9))
    assert.isEmpty(room.disconnect(owners[2], eve, SessionId.make("nobody"), 9))
    assert.strictEqual(room.size, 1)
  })

  it("[S8] publishes who announces too often at the interval, the latest word only", () => {
    const room = makeRoom()
    const at = (now: number) => room.announce(owners[1], ada, tab, [now], now).at
    assert.deepStrictEqual(
      [0, 10, 20, 49, 50, 55, 60, 99, 100, 300].map(at),
      [0, 50, 50, 50, 100, 100, 100, 100, 150, 300]
    )
  })

  it("[S8] makes who announces more than 4 KiB wait longer", () => {
    const room = makeRoom()
    room.announce(owners[1], ada, tab, ["x".repeat(10_000)], 0)
    assert.strictEqual(room.announce(owners[1], ada, tab, [], 1).at, 150)
  })

  it("[S4] keeps the sessions of a connection that ended, until their time to leave", () => {
    const room = makeRoom()
    room.announce(owners[1], ada, tab, [], 0)
    room.leave(owners[1], 1_000)
    assert.strictEqual(room.nextDeparture, 1_000)
    assert.lengthOf(room.depart(999), 0)
    assert.lengthOf(room.present(999), 1)
    assert.lengthOf(room.depart(1_000), 1)
    assert.isUndefined(room.nextDeparture)
  })

  it("[S4] tells of no leave where the session is back in time", () => {
    const room = makeRoom()
    room.announce(owners[1], ada, tab, [], 0)
    room.leave(owners[1], 1_000)
    room.announce(owners[2], ada, tab, [], 500)
    assert.isUndefined(room.nextDeparture)
    assert.lengthOf(room.depart(1_000), 0)
    assert.strictEqual(room.get(ada, tab)?.owner, owners[2])
  })

  it("counts the sessions of a connection and of a user", () => {
    const room = makeRoom()
    room.announce(owners[1], ada, tab, [], 0)
    room.announce(owners[2], ada, SessionId.make("other"), [], 0)
    room.announce(owners[1], bob, tab, [], 0)
    assert.deepStrictEqual([room.ownedBy(owners[1]), room.usedBy(ada)], [2, 2])
    room.announce(owners[2], ada, tab, [], 0)
    assert.deepStrictEqual([room.ownedBy(owners[1]), room.ownedBy(owners[2])], [1, 2])
    gone(room, owners[2])
    assert.deepStrictEqual([room.ownedBy(owners[2]), room.usedBy(ada), room.usedBy(bob)], [0, 0, 1])
  })

  it("[S9] ends the sessions of another node's connections, of that node only", () => {
    const room = makeRoom()
    const elsewhere = makeOwner("other", 7)
    room.announce(elsewhere, ada, tab, [], 0)
    room.announce(owners[1], bob, tab, [], 0)
    room.leaveNode("other", 0)
    assert.deepStrictEqual(events(goodbyes(room)), [
      { type: "disconnect", i: ada, m: { session: tab } }
    ])
    assert.deepStrictEqual(events(room.of("node").map(({ latest }) => latest)), [
      { type: "state", i: bob, m: { sessionId: tab, locations: [] } }
    ])
  })

  it("[S4] says again where others of the same session id are, after a goodbye that names it", () => {
    const room = makeRoom()
    const adas = room.announce(owners[1], ada, tab, ["here"], 0)
    room.announce(owners[2], bob, tab, [], 0)
    assert.deepStrictEqual(events(room.disconnect(owners[2], bob, tab, 1)), [
      { type: "disconnect", i: bob, m: { session: tab } },
      adas.event
    ])
  })
})
