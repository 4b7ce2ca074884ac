import { setImmediate } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { BifurEvent } from "../../src/bifur/BifurEvent.ts"
import { tryAgainLater } from "../../src/relay/Connection.ts"
import { Outbox } from "../../src/relay/Outbox.ts"
import { makeOwner } from "../../src/relay/Owner.ts"
import { type Publication, publicationOf } from "../../src/relay/Publication.ts"
import { Room } from "../../src/relay/Room.ts"
import { textFrame } from "../../src/relay/WebSocketFrame.ts"
import { SessionId, UserId } from "../../src/Session.ts"
import { FakeSocket, fakeConnection, textsOf } from "./FakeSocket.ts"

const owner = makeOwner("node", 1)
const ada = UserId.make("p-ada")

const publication = (session: string, at: number, word: number): Publication => {
  const event = {
    type: "state",
    i: ada,
    m: { sessionId: SessionId.make(session), locations: [word] }
  } as const
  return publicationOf("s", session, event, owner, at)
}

const goodbye = (session: string, at: number): Publication => {
  const event = { type: "disconnect", i: ada, m: { session: SessionId.make(session) } } as const
  return publicationOf("s", session, event, owner, at)
}

const bytesOf = (publications: ReadonlyArray<Publication>) =>
  Buffer.concat(publications.map(({ frame }) => frame))

/** Where a receiver of these events believes everyone to be, and in which order it was told. */
const believed = (texts: ReadonlyArray<string>) => {
  const sessions = new Map<string, unknown>()
  const order: Array<string> = []
  for (const text of texts) {
    if (text === "reply") continue
    const event: BifurEvent = JSON.parse(text).params.result
    if (event.type === "state") sessions.set(event.m.sessionId, event.m.locations[0])
    if (event.type === "disconnect") sessions.delete(event.m.session)
    order.push(
      event.type === "state"
        ? event.m.sessionId
        : event.type === "disconnect"
          ? event.m.session
          : ""
    )
  }
  return { sessions, order }
}

const session = Schema.Literals(["a", "b", "c", "d"])
const small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))

describe("Outbox", () => {
  const Step = Schema.Union([
    Schema.Struct({ do: Schema.Literal("add"), key: session, delay: small }),
    Schema.Struct({ do: Schema.Literal("take"), after: small })
  ])

  it.prop(
    "[S8] gives the latest word on each session, in the order of arrival, when its time has come",
    { steps: Schema.Array(Step) },
    ({ steps }) => {
      const outbox = new Outbox()
      let model: Array<{ readonly added: Publication; readonly at: number }> = []
      let now = 0
      const next = () => (model.length === 0 ? undefined : Math.min(...model.map(({ at }) => at)))
      const take = () => {
        const due = model.filter(({ at }) => at <= now).map(({ added }) => added)
        model = model.filter(({ at }) => at > now)
        assert.deepStrictEqual(outbox.take(now), due)
      }
      for (const [word, step] of steps.entries()) {
        if (step.do === "take") {
          now += step.after
          take()
        } else {
          const earlier = model.find(({ added }) => added.key === step.key)
          const added = publication(step.key, now + step.delay, word)
          const at = Math.min(added.at, earlier?.at ?? Infinity)
          model = [...model.filter((other) => other !== earlier), { added, at }]
          assert.strictEqual(outbox.add(added), earlier?.added)
        }
        assert.strictEqual(outbox.nextAt, next())
      }
      now = Infinity
      take()
      assert.isUndefined(outbox.nextAt)
    },
    { arbitrary: { runs: 500 } }
  )

  it("[S8] lets no session that never stops announcing wait for longer than its interval", () => {
    const room = new Room("s", { announceInterval: 50 })
    const outbox = new Outbox()
    const published: Array<number> = []
    for (let now = 0; now < 10_000; now += 5) {
      // A busy room: batches of others go out now and then, and what is due waits for the next.
      outbox.add(room.announce(owner, ada, SessionId.make("s"), [now], now))
      if (now % 20 === 0) for (const _ of outbox.take(now)) published.push(now)
    }
    assert.isAtMost(published.length, 201)
    assert.isAtLeast(published.length, 190)
    for (const [n, at] of published.slice(1).entries())
      assert.isAtMost(at - (published[n] ?? 0), 70)
  })

  it("says when to look again without looking at all that waits", () => {
    const outbox = new Outbox()
    const many = 20_000
    const publications = Array.from({ length: many }, (_, n) => publication(`s${n}`, n, n))
    const start = performance.now()
    for (const added of publications) {
      outbox.add(added)
      assert.strictEqual(outbox.nextAt, 0)
    }
    // Half a minute where each add looks at all.
    assert.isBelow(performance.now() - start, 3_000)
  })
})

describe("Connection", () => {
  it.effect("[S12] keeps the latest of each session while its reader stands still", () =>
    Effect.promise(async () => {
      const { connection, counts, socket } = fakeConnection()
      socket.stall()
      connection.deliver([publication("filler", 0, 0)], Buffer.alloc(2_000, textFrame("reply")))
      for (let word = 0; word < 1_000; word++) {
        const events = [publication("a", 0, word), publication("b", 0, word)]
        connection.deliver(events, bytesOf(events))
      }
      connection.deliver([goodbye("a", 0)], goodbye("a", 0).frame)
      assert.strictEqual(connection.queued.events, 2)
      assert.isAtMost(connection.queued.bytes, 2_000)
      assert.isDefined(connection.stalledAt)
      socket.readOn()
      await setImmediate()
      const told = textsOf(socket.bytes.subarray(2_000))
      assert.deepStrictEqual(
        told.map((text) => JSON.parse(text).params.result),
        [publication("b", 0, 999).event, goodbye("a", 0).event]
      )
      assert.isUndefined(connection.stalledAt)
      assert.deepStrictEqual(connection.queued, { bytes: 0, events: 0 })
      assert.isAbove(counts.conflatedForSlow, 1_990)
    })
  )

  it.effect("[S12] catches up a piece at a time, and goes on keeping while it does", () =>
    Effect.promise(async () => {
      const { connection, socket } = fakeConnection()
      socket.stall()
      connection.deliver([publication("x", 0, 0)], Buffer.alloc(2_000))
      const many = Array.from({ length: 5_000 }, (_, n) => publication(`s${n}`, 0, n))
      connection.deliver(many, bytesOf(many))
      assert.strictEqual(connection.queued.events, 5_000)
      socket.readOne()
      await setImmediate()
      const { bytes, events } = connection.queued
      assert.isAbove(events, 3_000)
      assert.isAtMost(bytes, 64 * 1_024)
      const newer = [publication("s4999", 0, -1)]
      connection.deliver(newer, bytesOf(newer))
      socket.readOn()
      for (let n = 0; n < 50; n++) await setImmediate()
      const { order, sessions } = believed(textsOf(socket.bytes.subarray(2_000)))
      assert.strictEqual(order.length, 5_000)
      assert.strictEqual(sessions.get("s4999"), -1)
      assert.strictEqual(order.at(-1), "s4999")
    })
  )

  it.effect(
    "[S5] is told of many sessions a piece at a time, then of what has happened since",
    () =>
      Effect.promise(async () => {
        const { connection, socket } = fakeConnection()
        const many = Array.from({ length: 25_000 }, (_, n) => publication(`s${n}`, 0, n))
        connection.catchUpOn(many)
        assert.isAtMost(connection.queued.bytes, 64 * 1_024)
        const newer = [publication("s1", 0, -1), publication("s24999", 0, -2)]
        connection.deliver(newer, bytesOf(newer))
        for (let n = 0; n < 100; n++) await setImmediate()
        const { order, sessions } = believed(textsOf(socket.bytes))
        assert.strictEqual(sessions.size, 25_000)
        assert.strictEqual(sessions.get("s1"), -1)
        assert.strictEqual(sessions.get("s24999"), -2)
        assert.deepStrictEqual(order.slice(-2), ["s1", "s24999"])
        assert.deepStrictEqual(connection.queued, { bytes: 0, events: 0 })
        assert.isUndefined(connection.stalledAt)
      })
  )

  it.effect(
    "[S12] is closed with 1013, and counted, once its reader has read nothing for too long",
    () =>
      Effect.sync(() => {
        const { closes, connection, counts, socket } = fakeConnection()
        socket.stall()
        connection.giveUpAfter(0, Infinity)
        assert.lengthOf(closes, 0)
        connection.deliver([publication("x", 0, 0)], Buffer.alloc(2_000))
        connection.deliver([publication("x", 0, 1)], publication("x", 0, 1).frame)
        const since = connection.stalledAt ?? Number.NaN
        connection.giveUpAfter(10_000, since + 9_999)
        assert.lengthOf(closes, 0)
        connection.giveUpAfter(10_000, since + 10_000)
        assert.strictEqual(closes[0]?.code, tryAgainLater)
        assert.strictEqual(counts.refusals.get("slow-reader"), 1)
        assert.strictEqual(connection.queued.events, 0)
        connection.terminate()
      })
  )

  it.effect("[S10] is closed with 1013 where it sends requests and reads no reply", () =>
    Effect.sync(() => {
      const { closes, connection, socket } = fakeConnection()
      socket.stall()
      const reply = "x".repeat(10_000)
      for (let n = 0; n < 1_000 && closes.length === 0; n++) connection.send(reply)
      assert.strictEqual(closes[0]?.code, tryAgainLater)
      assert.isBelow(connection.queued.bytes, 1.1 * 1_024 * 1_024)
      connection.terminate()
    })
  )

  it.effect("[S10] is closed with 1013 where its reader owes more sessions than a room holds", () =>
    Effect.sync(() => {
      const { closes, connection, socket } = fakeConnection()
      socket.stall()
      connection.deliver([publication("x", 0, 0)], Buffer.alloc(2_000))
      for (let n = 0; n < 30_000 && closes.length === 0; n++) {
        connection.deliver([goodbye(`s${n}`, 0)], goodbye(`s${n}`, 0).frame)
      }
      assert.strictEqual(closes[0]?.code, tryAgainLater)
      assert.strictEqual(connection.queued.events, 0)
      connection.terminate()
    })
  )
})

describe("the whole way to a receiver", () => {
  const Step = Schema.Union([
    Schema.Struct({ do: Schema.Literal("announce"), session }),
    Schema.Struct({ do: Schema.Literal("disconnect"), session }),
    Schema.Struct({ do: Schema.Literal("wait"), time: small }),
    Schema.Struct({ do: Schema.Literals(["stall", "readOne", "read", "reply"]) })
  ])

  const run = async (steps: ReadonlyArray<typeof Step.Type>): Promise<void> => {
    const room = new Room("s", { announceInterval: 50 })
    const outbox = new Outbox()
    const { connection, socket } = fakeConnection()
    const truth = new Map<string, unknown>()
    let now = 0
    const flush = () => {
      const due = outbox.take(now)
      if (due.length > 0) connection.deliver(due, bytesOf(due))
      assert.isAtMost(connection.queued.events, 4)
    }
    const read = async (socket: FakeSocket) => {
      socket.readOn()
      for (let n = 0; n < 5; n++) await setImmediate()
    }
    for (const [word, step] of steps.entries()) {
      switch (step.do) {
        case "announce":
          outbox.add(
            room.announce(owner, ada, SessionId.make(step.session), [word, "x".repeat(300)], now)
          )
          truth.set(step.session, word)
          break
        case "disconnect":
          for (const end of room.disconnect(owner, ada, SessionId.make(step.session), now))
            outbox.add(end)
          truth.delete(step.session)
          break
        case "wait":
          now += step.time
          flush()
          break
        case "reply":
          connection.send("reply")
          break
        case "stall":
          socket.stall()
          break
        case "readOne":
          socket.readOne()
          await setImmediate()
          break
        case "read":
          await read(socket)
      }
    }
    now += 10_000
    flush()
    await read(socket)
    const texts = textsOf(socket.bytes)
    assert.deepStrictEqual([...believed(texts).sessions].toSorted(), [...truth].toSorted())
    assert.lengthOf(
      texts.filter((text) => text === "reply"),
      steps.filter((step) => step.do === "reply").length
    )
    assert.deepStrictEqual(connection.queued, { bytes: 0, events: 0 })
    for (const name of ["a", "b", "c", "d"]) {
      const words = texts.flatMap((text): ReadonlyArray<number> => {
        const event = text === "reply" ? undefined : JSON.parse(text).params.result
        return event?.type === "state" && event.m.sessionId === name ? [event.m.locations[0]] : []
      })
      assert.deepStrictEqual(
        words,
        words.toSorted((one, other) => one - other),
        "no older word after a newer"
      )
    }
  }

  it.effect.prop(
    "[S12] leaves a reader that reads again with exactly the latest of every session",
    { steps: Schema.Array(Step).check(Schema.isMaxLength(80)) },
    ({ steps }) => Effect.promise(() => run(steps)),
    { arbitrary: { runs: 400 } }
  )
})
