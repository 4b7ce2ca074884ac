/** One relay in each of its modes, and the three clients, each in a process of its own. */
import { randomBytes, randomInt, randomUUID } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import { Relay, RelayAuth, type RelayOptions } from "../../src/relay/index.ts"
import { type Kind, type Peer, type Room, spawn } from "./Peer.ts"
import type { Person, Place } from "./PeerProtocol.ts"

export const kinds: ReadonlyArray<Kind> = ["bifur", "sdk", "ours"]

/** Who answers a roll call: the relay, or every client as with the hosted service. */
export type RollCall = NonNullable<RelayOptions["rollCall"]>
export const rollCalls: ReadonlyArray<RollCall> = ["table", "forward"]

/** What each client is called where the test does not care. */
export const userOf: { readonly [K in Kind]: string } = {
  bifur: "p-grace-hopper",
  sdk: "g-alan-turing",
  ours: "p-ada-lovelace"
}

/** The SDK does not put it into the address, so the relay takes it for its own. */
const projectId = "interop"

/** Runs until the scope closes. */
export const startRelay = (options: RelayOptions = {}) =>
  Effect.map(
    Layer.build(
      Relay.layer({ port: 0, project: projectId, ...options }).pipe(
        Layer.provide(RelayAuth.layerDevelopment)
      )
    ),
    (context) => Context.get(context, Relay)
  )

/**
 * - `peers`: they run for all tests of a file; each test joins a room of its own.
 * - `room`: an empty one.
 */
export class Interop extends Context.Service<
  Interop,
  {
    readonly peers: { readonly [K in Kind]: Peer }
    readonly room: (rollCall?: RollCall) => Room
  }
>()("test/Interop") {
  static readonly layer = Layer.effect(
    Interop,
    Effect.gen(function* () {
      const relays = {
        table: yield* startRelay({ rollCall: "table" }),
        forward: yield* startRelay({ rollCall: "forward" })
      }
      const peers = yield* Effect.all(
        { bifur: spawn("bifur"), sdk: spawn("sdk"), ours: spawn("ours") },
        { concurrency: "unbounded" }
      )
      return Interop.of({
        peers,
        room: (rollCall = "table") => ({
          url: relays[rollCall].url,
          projectId,
          dataset: `room-${randomBytes(8).toString("hex")}`
        })
      })
    })
  )
}

/** The other two. */
export const others = (peers: { readonly [K in Kind]: Peer }, kind: Kind): ReadonlyArray<Peer> =>
  kinds.filter((other) => other !== kind).map((other) => peers[other])

const randomSegment = (): Place["path"][number] => {
  const name = randomBytes(4).toString("hex")
  return [name, randomInt(1_000_000), { _key: name }][randomInt(3)] ?? name
}

/** A place that nobody can know before. */
export const randomPlace = (): Place => ({
  documentId: `drafts.${randomUUID()}`,
  path: ["field", ...Array.from({ length: randomInt(5) }, randomSegment)]
})

/** ISO 8601 in UTC, as all clients write it. */
const isTimestamp = (value: unknown): value is string =>
  typeof value === "string" &&
  !Number.isNaN(Date.parse(value)) &&
  new Date(value).toISOString() === value

/** The locations as they must come for these places; when each was active is the sender's to say. */
export const toLocations = (
  places: ReadonlyArray<Place>,
  received: ReadonlyArray<Schema.JsonObject>
): ReadonlyArray<unknown> =>
  places.map((place, index) => {
    const lastActiveAt = received[index]?.["lastActiveAt"]
    return {
      type: "document",
      ...place,
      lastActiveAt: isTimestamp(lastActiveAt) ? lastActiveAt : "ISO 8601"
    }
  })

const isAt = ({ locations }: Person, places: ReadonlyArray<Place>): boolean =>
  isDeepStrictEqual(locations, toLocations(places, locations))

/** Where everyone is, by user. */
export type Expected = ReadonlyMap<string, ReadonlyArray<Place>>

/**
 * Waits until the peer sees these people at these places: nobody else, everyone once, and no field
 * of a location more or less.
 */
export const untilSees = (peer: Peer, expected: Expected) =>
  peer.until(
    `exactly ${JSON.stringify([...expected])}`,
    ({ people }) =>
      people.length === expected.size &&
      people.every((person) => {
        const places = expected.get(person.userId)
        return places !== undefined && isAt(person, places)
      }) &&
      new Set(people.map(({ userId }) => userId)).size === people.length
  )

/** Waits until each peer sees everyone of `expected` but itself. */
export const untilAllSee = (peers: ReadonlyArray<Peer>, expected: Expected) =>
  Effect.forEach(
    peers,
    (peer) => {
      const own = userOf[peer.kind]
      return untilSees(peer, new Map([...expected].filter(([user]) => user !== own)))
    },
    { concurrency: "unbounded", discard: true }
  )

/** Joins as the user of its kind and says where it is, if it is to say so. */
export const enter = Effect.fnUntraced(function* (
  peer: Peer,
  room: Room,
  places?: ReadonlyArray<Place>
) {
  yield* peer.join(room, userOf[peer.kind])
  if (places !== undefined) yield* peer.report(places)
})
