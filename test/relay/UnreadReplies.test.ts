/** Someone who asks, does not read the answers, and says now and then that they are alive. */
import { setImmediate } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tryAgainLater } from "../../src/relay/Connection.ts"
import { fakeConnection } from "./FakeSocket.ts"

describe("a connection that does not read its replies", () => {
  it.effect("[S12] is closed with 1013, though it gets no events", () =>
    Effect.sync(() => {
      const { closes, connection, counts, socket } = fakeConnection()
      socket.stall()
      connection.send("x".repeat(2_000))
      connection.send("x".repeat(2_000))
      const since = connection.stalledAt ?? Number.NaN
      connection.giveUpAfter(10_000, since + 9_999)
      assert.lengthOf(closes, 0)
      connection.giveUpAfter(10_000, since + 10_000)
      assert.strictEqual(closes[0]?.code, tryAgainLater)
      assert.strictEqual(counts.refusals.get("slow-reader"), 1)
      connection.terminate()
    })
  )

  it.effect("[S12] is not charged with a time in which the relay itself stood still", () =>
    Effect.sync(() => {
      const { closes, connection, socket } = fakeConnection()
      socket.stall()
      connection.send("x".repeat(2_000))
      const since = connection.stalledAt ?? Number.NaN
      const heardAt = connection.heardAt
      connection.forgive(5_000)
      assert.strictEqual(connection.heardAt, heardAt + 5_000)
      connection.giveUpAfter(10_000, since + 14_999)
      assert.lengthOf(closes, 0)
      connection.giveUpAfter(10_000, since + 15_000)
      assert.lengthOf(closes, 1)
      connection.terminate()
    })
  )

  it.effect("[S12] stays where it reads them late", () =>
    Effect.promise(async () => {
      const { closes, connection, socket } = fakeConnection()
      socket.stall()
      connection.send("x".repeat(2_000))
      socket.readOn()
      await setImmediate()
      assert.isUndefined(connection.stalledAt)
      connection.giveUpAfter(0, Infinity)
      assert.lengthOf(closes, 0)
      connection.terminate()
    })
  )
})
