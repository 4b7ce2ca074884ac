/**
 * What a client must make of a frame, written a second time by hand, without schemas: which reasons
 * it is left out for, and which event is in it. Where the two disagree, one of them is wrong.
 */
import type { Limits } from "../../src/PresenceConfig.ts"

/** Where a session is, as text; where two texts are the same, so are the places. */
export type Places = ReadonlyArray<string>

export type Said =
  | { readonly _tag: "State"; readonly key: string; readonly places: Places }
  | { readonly _tag: "Disconnect"; readonly key: string }

export interface Verdict {
  readonly dropped: ReadonlyArray<string>
  readonly said: Said | undefined
  /** It has the right method, and the subscription that lives. */
  readonly isOurs: boolean
}

/** What the oracle has to know of the connection. */
export interface Situation {
  readonly subscription: string
  /** The requests that were asked and answered have the ids from 1 to this. */
  readonly answered: number
  readonly limits: Limits
}

export const keyOf = (userId: string, sessionId: string): string =>
  JSON.stringify([userId, sessionId])

/** A place as text: what does not count for equality is left out. */
export const placeOf = (documentId: unknown, path: unknown, selection: unknown): string => {
  const caret = isObject(selection)
    ? [pointOf(selection["anchor"]), pointOf(selection["focus"]), selection["backward"] ?? false]
    : null
  return JSON.stringify([documentId, segmentsOf(path), caret])
}

const pointOf = (point: unknown) =>
  isObject(point) ? [segmentsOf(point["path"]), point["offset"]] : point

const segmentsOf = (path: unknown) =>
  Array.isArray(path)
    ? path.map((segment: unknown) => (isObject(segment) ? { _key: segment["_key"] } : segment))
    : path

type Json = { readonly [key: string]: unknown }

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const nothing: Verdict = { dropped: [], said: undefined, isOurs: false }
const drop = (reason: string, isOurs = false): Verdict => ({
  dropped: [reason],
  said: undefined,
  isOurs
})

const parse = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

export const judge = (frame: string | Uint8Array, situation: Situation): Verdict => {
  if (typeof frame !== "string") return drop("binary")
  if (frame.length > situation.limits.frameLength) return drop("frame-length")
  if (frame === "♥") return nothing
  // The network has no lone surrogates.
  const json = parse(frame.replace(/\p{Surrogate}/gu, "\ufffd"))
  if (json === undefined) return drop("json")
  return isMessage(json.value) ? judgeMessage(json.value, situation) : drop("json-rpc")
}

const isId = (id: unknown) => typeof id === "string" || Number.isFinite(id)

const isMessage = (value: unknown): value is Json =>
  isObject(value) &&
  value["jsonrpc"] === "2.0" &&
  (!("id" in value) || value["id"] === null || isId(value["id"])) &&
  (!("method" in value) || typeof value["method"] === "string")

const judgeMessage = (message: Json, situation: Situation): Verdict => {
  const { error, id, method, params } = message
  if (method !== undefined) {
    if (isId(id) || method !== "presence_subscription") return nothing
    return judgeParams(params, situation)
  }
  if (error == null && !isId(id)) return drop("json-rpc")
  const number = Number(id ?? Number.NaN)
  return number > 0 && number <= situation.answered ? nothing : drop("reply")
}

const judgeParams = (params: unknown, { limits, subscription }: Situation): Verdict =>
  isObject(params) && "result" in params && params["subscription"] === subscription
    ? judgeEvent(params["result"], limits)
    : drop("subscription")

const judgeEvent = (event: unknown, limits: Limits): Verdict => {
  if (!isObject(event) || typeof event["type"] !== "string") return drop("event", true)
  const { i: user, m, session, type } = event
  if (type !== "state" && type !== "disconnect" && type !== "rollCall") {
    return drop("unknown-event", true)
  }
  const body = isObject(m) ? m : {}
  const whose = { state: body["sessionId"], disconnect: body["session"], rollCall: session }[type]
  if (typeof user !== "string" || typeof whose !== "string") return drop("event", true)
  const { locations } = body
  if (type === "state" && !Array.isArray(locations)) return drop("event", true)
  if (Math.max(user.length, whose.length) > limits.stringLength) return drop("id-length", true)
  const key = keyOf(user, whose)
  if (type === "rollCall") return { ...nothing, isOurs: true }
  if (type === "disconnect") return { ...nothing, said: { _tag: "Disconnect", key }, isOurs: true }
  const { dropped, places } = judgeLocations(Array.isArray(locations) ? locations : [], limits)
  return { dropped, said: { _tag: "State", key, places }, isOurs: true }
}

const judgeLocations = (locations: ReadonlyArray<unknown>, limits: Limits) => {
  const dropped: Array<string> = []
  const places: Array<string> = []
  for (const location of locations) {
    if (places.length === limits.locations) {
      dropped.push("locations")
      break
    }
    const reason = judgeLocation(location, limits)
    if (reason !== undefined) dropped.push(reason)
    else if (isObject(location)) {
      places.push(placeOf(location["documentId"], location["path"], location["selection"]))
    }
  }
  return { dropped, places }
}

const judgeLocation = (location: unknown, limits: Limits): string | undefined => {
  if (!isObject(location)) return "location"
  const { documentId, lastActiveAt, path, selection, type } = location
  if (typeof type === "string" && type !== "document") return "unknown-location"
  if (type !== "document" || typeof documentId !== "string" || typeof lastActiveAt !== "string") {
    return "location"
  }
  const hasSelection = "selection" in location && selection !== null
  if (!isPath(path) || (hasSelection && !isSelection(selection))) return "location"
  const paths = isSelection(selection)
    ? [path, selection.anchor.path, selection.focus.path]
    : [path]
  const { pathLength, stringLength } = limits
  if (Math.max(documentId.length, lastActiveAt.length) > stringLength) return "string-length"
  if (paths.some(({ length }) => length > pathLength)) return "path-length"
  return paths.flat().some((segment) => lengthOf(segment) > stringLength)
    ? "string-length"
    : undefined
}

const lengthOf = (segment: unknown): number => {
  if (typeof segment === "string") return segment.length
  return isObject(segment) && typeof segment["_key"] === "string" ? segment["_key"].length : 0
}

const isPath = (path: unknown): path is ReadonlyArray<unknown> =>
  Array.isArray(path) && path.every(isSegment)

const isSegment = (segment: unknown): boolean => {
  if (Array.isArray(segment)) return segment.length === 2 && segment.every(isTupleEnd)
  return (
    typeof segment === "string" ||
    Number.isFinite(segment) ||
    (isObject(segment) && typeof segment["_key"] === "string")
  )
}

const isTupleEnd = (end: unknown): boolean => end === "" || Number.isFinite(end)

interface Point {
  readonly path: ReadonlyArray<unknown>
}

const isSelection = (value: unknown): value is { readonly anchor: Point; readonly focus: Point } =>
  isObject(value) &&
  isPoint(value["anchor"]) &&
  isPoint(value["focus"]) &&
  (!("backward" in value) || typeof value["backward"] === "boolean")

const isPoint = (value: unknown): value is Point =>
  isObject(value) && isPath(value["path"]) && Number.isFinite(value["offset"])
