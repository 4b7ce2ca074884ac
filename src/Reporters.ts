/**
 * Who of this session says where it is: any number of reporters, whose locations are one report.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { resolve } from "./DocumentRef.ts"
import { countDrop } from "./Drops.ts"
import {
  beyond,
  fromReported,
  isSameLocation,
  Location,
  type ReportedLocation
} from "./Location.ts"
import type { Limits } from "./PresenceConfig.ts"

/** Says where one reporter is, all of it. */
export type Report = (locations: ReadonlyArray<ReportedLocation>) => Effect.Effect<void>

/** `report`: the session's own; `reporter` is one more, until its scope closes. */
export interface Reporters {
  readonly report: Report
  readonly reporter: Effect.Effect<Report, never, Scope.Scope>
}

/** What is no location by its schema would be dropped by everyone, or could not be sent at all. */
const decodeLocation = Schema.decodeUnknownOption(Location)

/** A reporter's own place among the reports. */
type Slot = object

/** All locations of all reporters, each place once. */
const union = (slots: Iterable<ReadonlyArray<Location>>): ReadonlyArray<Location> => {
  const all: Array<Location> = []
  for (const location of Array.from(slots).flat()) {
    if (!all.some((known) => isSameLocation(known, location))) all.push(location)
  }
  return all
}

/** The first of them that others will take in, and that go into one frame. */
const within = (locations: ReadonlyArray<Location>, limits: Limits): ReadonlyArray<Location> => {
  let length = 0
  return locations.slice(0, limits.locations).filter((location) => {
    length += JSON.stringify(location).length
    return length <= limits.announceLength
  })
}

/** What was reported as the others will take it in, undefined where they would not. */
export const toLocation = (
  input: ReportedLocation,
  lastActiveAt: string,
  limits: Limits
): Location | undefined => {
  const location = Option.getOrUndefined(decodeLocation(fromReported({ ...input }, lastActiveAt)))
  return location === undefined ||
    resolve(input) === undefined ||
    beyond(location, limits) !== undefined
    ? undefined
    : location
}

/** Counts what is left out of `all` where only `taken` are taken. */
const countRest = (all: ReadonlyArray<unknown>, taken: ReadonlyArray<unknown>) =>
  taken.length < all.length ? countDrop("report", all.length - taken.length) : Effect.void

/**
 * The reporters of one session: none has said anything.
 *
 * @param active notes that somebody does something, and answers when (ISO 8601) and whether they were idle
 * @param changed hears of where the session is, all of it
 */
export const make = (
  limits: Limits,
  active: Effect.Effect<{ readonly wasIdle: boolean; readonly lastActiveAt: string }>,
  changed: (locations: ReadonlyArray<Location>, wasIdle: boolean) => Effect.Effect<void>
): Reporters => {
  const slots = new Map<Slot, ReadonlyArray<Location>>()
  const closed = new WeakSet<Slot>()

  const commit = Effect.fnUntraced(function* (wasIdle: boolean) {
    const all = union(slots.values())
    const current = within(all, limits)
    yield* countRest(all, current)
    yield* changed(current, wasIdle)
  })

  const reportIn = (slot: Slot): Report =>
    Effect.fnUntraced(function* (locations) {
      const { lastActiveAt, wasIdle } = yield* active
      const decoded: Array<Location> = []
      for (const input of locations) {
        const location = toLocation(input, lastActiveAt, limits)
        if (location === undefined) yield* countDrop("report")
        else decoded.push(location)
      }
      const taken = decoded.slice(0, limits.locations)
      yield* countRest(decoded, taken)
      if (closed.has(slot)) return
      slots.set(slot, taken)
      yield* commit(wasIdle)
    })

  const reporter = Effect.map(
    Effect.acquireRelease(
      Effect.sync((): Slot => ({})),
      (slot) =>
        Effect.suspend(() => {
          closed.add(slot)
          return slots.delete(slot) ? commit(false) : Effect.void
        })
    ),
    reportIn
  )

  return { report: reportIn({}), reporter }
}
