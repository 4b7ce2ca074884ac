import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import { decodePresence, toBifurEvent, toRequest } from "../../src/bifur/BifurEvent.ts"
import {
  decodeFrame,
  encodeErrorReply,
  encodeNotification,
  encodeReply,
  encodeRequest
} from "../../src/bifur/JsonRpc.ts"
import { countDrop, drops } from "../../src/Drops.ts"
import { fromReported, isSameLocations, Location } from "../../src/Location.ts"
import * as PresenceConfig from "../../src/PresenceConfig.ts"
import { SessionId, UserId } from "../../src/Session.ts"
import type { TransportEvent } from "../../src/Transport.ts"

const userId = UserId.make("p-ada")
const sessionId = SessionId.make("s1")
const notification = (result: unknown) => ({ subscription: "sub", result })
const state = (locations: ReadonlyArray<unknown>) =>
  notification({ type: "state", i: userId, m: { sessionId, locations } })

describe("JSON-RPC framing", () => {
  it.prop("[R2] reads any text without throwing", [Schema.String], ([text]) => {
    assert.isString(decodeFrame(text)._tag)
  })

  it.prop("[R2] reads any JSON without throwing", [Schema.Json], ([json]) => {
    assert.isString(decodeFrame(JSON.stringify(json))._tag)
    assert.isString(decodeFrame(JSON.stringify({ jsonrpc: "2.0", params: json, method: "m" }))._tag)
  })

  it("tells requests, replies, refusals, notifications and heartbeats apart", () => {
    const tags = [
      "♥",
      encodeRequest("1", "m", {}),
      encodeReply("1", null),
      encodeErrorReply("1", { code: 1, message: "no" }),
      encodeErrorReply(null, { code: 1, message: "no" }),
      encodeNotification("m", {}),
      '{"jsonrpc":"2.0","id":"1"}',
      '{"jsonrpc":"2.0","id":"1","error":"a shape of its own"}',
      '{"jsonrpc":"2.0"}',
      '{"jsonrpc":"1.0","id":"1","result":1}',
      '{"jsonrpc":"2.0","id":{},"result":1}',
      '{"jsonrpc":"2.0","id":"1","method":7}',
      "{"
    ].map((text) => decodeFrame(text)._tag)
    assert.deepStrictEqual(tags, [
      "Heartbeat",
      "Request",
      "Reply",
      "ErrorReply",
      "ErrorReply",
      "Notification",
      "Reply",
      "ErrorReply",
      "Malformed",
      "Malformed",
      "Malformed",
      "Malformed",
      "Malformed"
    ])
  })

  it("sends the API version with every request, and params that hide none of it", () => {
    const frame = decodeFrame(
      encodeRequest("7", "presence_rollcall", { session: "s1", apiVersion: "v0" })
    )
    assert.deepStrictEqual(frame, {
      _tag: "Request",
      id: "7",
      method: "presence_rollcall",
      params: { session: "s1", apiVersion: "v1" }
    })
  })
})

const { limits } = PresenceConfig.make({})
const decode = (params: unknown) => decodePresence(params, limits)

describe("presence events", () => {
  it.prop("a state event arrives as it was sent", [Schema.Array(Location)], ([locations]) => {
    const event: TransportEvent = { _tag: "State", userId, sessionId, locations }
    const wire: unknown = JSON.parse(JSON.stringify(notification(toBifurEvent(event))))
    const decoded = decode(wire)
    assert.deepStrictEqual(decoded.dropped, [])
    assert.isTrue(
      decoded.event?._tag === "State" && isSameLocations(decoded.event.locations, locations)
    )
  })

  it("disconnects and roll calls arrive as they were sent", () => {
    for (const _tag of ["Disconnect", "RollCall"] as const) {
      const event: TransportEvent = { _tag, userId, sessionId }
      assert.deepStrictEqual(decode(notification(toBifurEvent(event))).event, event)
    }
  })

  it("[R2] a bad location costs itself, not its session", () => {
    const good = fromReported({ documentId: "a", path: ["title"] }, "2026-01-01T00:00:00Z")
    const decoded = decode(state([{ type: "document" }, good, 7, { type: "cell" }]))
    assert.deepStrictEqual(decoded.event, { _tag: "State", userId, sessionId, locations: [good] })
    assert.deepStrictEqual(decoded.dropped, ["location", "location", "unknown-location"])
  })

  it("[R6] what is longer than its bound is left out: an id with its event, a string with its location", () => {
    const long = "x".repeat(limits.stringLength + 1)
    const at = (path: ReadonlyArray<unknown>) => ({
      type: "document",
      documentId: "a",
      path,
      lastActiveAt: "2026-01-01T00:00:00Z"
    })
    const longId = notification({ type: "disconnect", i: long, m: { session: "s1" } })
    assert.deepStrictEqual(decode(longId).dropped, ["id-length"])
    assert.isUndefined(decode(longId).event)
    const decoded = decode(state([at([long]), at([{ _key: long }]), at(["title"])]))
    assert.deepStrictEqual(decoded.dropped, ["string-length", "string-length"])
    assert.isTrue(decoded.event?._tag === "State" && decoded.event.locations.length === 1)
  })

  it("[R2] an unknown event type is told from a malformed event", () => {
    const dropped = (result: unknown) => decode(notification(result)).dropped
    assert.deepStrictEqual(dropped({ type: "wave", i: "p-ada" }), ["unknown-event"])
    assert.deepStrictEqual(dropped({ type: "state", i: "p-ada" }), ["event"])
    assert.deepStrictEqual(dropped(null), ["event"])
    assert.deepStrictEqual(decode("nothing at all").dropped, ["event"])
  })

  it.prop("[R2] reads any JSON without throwing", [Schema.Json], ([json]) => {
    for (const params of [
      json,
      notification(json),
      state([json]),
      notification({ type: "state", i: "x", m: json })
    ]) {
      assert.isArray(decode(params).dropped)
    }
  })

  it("[R2] a key called __proto__ changes no prototype", () => {
    const text = `{"jsonrpc":"2.0","method":"presence_subscription","params":{"subscription":"sub","result":{"type":"state","i":"p-ada","m":{"sessionId":"s1","locations":[{"type":"document","documentId":"a","path":[{"_key":"k","__proto__":{"polluted":1}}],"lastActiveAt":"","__proto__":{"polluted":1}}]}}}}`
    const frame = decodeFrame(text)
    assert.isTrue(frame._tag === "Notification")
    const { event } = decode(frame._tag === "Notification" ? frame.params : undefined)
    assert.isTrue(event?._tag === "State" && event.locations.length === 1)
    assert.isFalse("polluted" in {})
    assert.isFalse(event?._tag === "State" && "polluted" in (event.locations[0] ?? {}))
  })

  it("messages become the requests of the protocol", () => {
    const location = fromReported({ documentId: "a", path: [] }, "2026-01-01T00:00:00Z")
    assert.deepStrictEqual(toRequest({ _tag: "Announce", sessionId, locations: [location] }), {
      method: "presence_announce",
      params: { data: { sessionId, locations: [location] } }
    })
    assert.deepStrictEqual(toRequest({ _tag: "RollCall", sessionId }), {
      method: "presence_rollcall",
      params: { session: sessionId }
    })
    assert.deepStrictEqual(toRequest({ _tag: "Disconnect", sessionId }), {
      method: "presence_disconnect",
      params: { session: sessionId }
    })
  })
})

describe("drops", () => {
  it.effect("[R2] are counted by reason", () =>
    Effect.gen(function* () {
      yield* countDrop("json")
      yield* countDrop("json")
      yield* countDrop("location")
      const count = (reason: string) =>
        Effect.map(Metric.value(Metric.withAttributes(drops, { reason })), (state) => state.count)
      assert.strictEqual(yield* count("json"), 2)
      assert.strictEqual(yield* count("location"), 1)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})
