import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Room, sessionTimeToLive } from "../../src/relay/Room.ts"
import { SessionId, UserId } from "../../src/Session.ts"

const ada = UserId.make("p-ada")
const bob = UserId.make("p-bob")
const tab = SessionId.make("tab")

const events = (publications: Iterable<{ readonly event: unknown }>) =>
  Array.from(publications, ({ event }) => event)

describe("Room", () => {
  it("writes an event once, in the frame that every subscriber gets", () => {
    const room = new Room("sub-1")
    const { frame } = room.announce(1, ada, tab, [{ type: "new", extra: true }], 0)
    assert.deepStrictEqual(JSON.parse(frame), {
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

  it("answers a roll call with the latest word of each session", () => {
    const room = new Room("s")
    room.announce(1, ada, tab, ["first"], 0)
    const latest = room.announce(1, ada, tab, ["second"], 1)
    const other = room.announce(2, bob, tab, [], 2)
    assert.deepStrictEqual(room.present(3), [latest, other])
  })

  it("forgets a session that has not announced for its time to live", () => {
    const room = new Room("s")
    room.announce(1, ada, tab, [], 0)
    assert.lengthOf(room.present(sessionTimeToLive - 1), 1)
    assert.lengthOf(room.present(sessionTimeToLive), 0)
    assert.strictEqual(room.size, 0)
  })

  it("keeps the same session id of two users apart", () => {
    const room = new Room("s")
    room.announce(1, ada, tab, [], 0)
    room.disconnect(2, bob, tab)
    assert.strictEqual(room.ownerOf(ada, tab), 1)
  })

  it("ends the sessions of a connection that is gone, and only those", () => {
    const room = new Room("s")
    const later = SessionId.make("later")
    room.announce(1, ada, tab, [], 0)
    room.announce(1, ada, later, [], 0)
    room.announce(2, bob, tab, [], 0)
    assert.deepStrictEqual(events(room.leave(1)), [
      { type: "disconnect", i: ada, m: { session: tab } },
      { type: "disconnect", i: ada, m: { session: later } }
    ])
    assert.strictEqual(room.size, 1)
  })

  it("gives a session to the newest connection: the death of an older one ends nothing", () => {
    const room = new Room("s")
    room.announce(1, ada, tab, [], 0)
    room.announce(2, ada, tab, [], 1)
    room.announce(1, ada, tab, ["a late frame of the old page"], 2)
    assert.deepStrictEqual(room.leave(1), [])
    assert.lengthOf(room.leave(2), 1)
  })

  it("ignores the late goodbye of a connection whose session has moved on", () => {
    const room = new Room("s")
    room.announce(1, ada, tab, [], 0)
    room.announce(2, ada, tab, [], 1)
    assert.isUndefined(room.disconnect(1, ada, tab))
    assert.isDefined(room.disconnect(2, ada, tab))
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
      const room = new Room("s")
      const owners = new Map<string, number>()
      for (const step of steps) {
        if (step.do === "leave") {
          const owned = [...owners].filter(([, owner]) => owner === step.connection)
          for (const [key] of owned) owners.delete(key)
          assert.lengthOf(room.leave(step.connection), owned.length)
        } else {
          const key = `${step.user} ${step.session}`
          const [userId, sessionId] = [UserId.make(step.user), SessionId.make(step.session)]
          const owner = owners.get(key) ?? 0
          if (step.do === "announce") {
            room.announce(step.connection, userId, sessionId, [], 0)
            owners.set(key, Math.max(owner, step.connection))
          } else {
            const goodbye = room.disconnect(step.connection, userId, sessionId)
            assert.strictEqual(goodbye !== undefined, owners.has(key) && owner <= step.connection)
            if (goodbye !== undefined) owners.delete(key)
          }
        }
        assert.strictEqual(room.size, owners.size)
        assert.lengthOf(room.present(0), owners.size)
      }
    },
    { arbitrary: { runs: 300 } }
  )

  it("[S4] publishes no goodbye of a user for a session that is another's, or nobody's", () => {
    const room = new Room("s")
    const eve = UserId.make("p-eve")
    const victim = SessionId.make("V")
    room.announce(1, UserId.make("p-victim"), victim, [], 0)
    assert.isUndefined(room.disconnect(2, eve, victim))
    assert.isUndefined(room.disconnect(2, eve, SessionId.make("nobody")))
    assert.strictEqual(room.size, 1)
  })
})
