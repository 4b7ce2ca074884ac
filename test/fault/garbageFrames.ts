/**
 * Frames that no server should send, from one seed. About half of them carry the right method and
 * the live subscription, so that they reach every depth of the decoder.
 */
import { notificationMethod } from "../../src/bifur/BifurEvent.ts"
import type { Random } from "./replayRandom.ts"

export type Frame = string | Uint8Array

type Make = (random: Random, subscription: string) => Frame

/** Invented people are few, so that they meet themselves again, and the state has a bound. */
const users = [
  "p-1",
  "g-2",
  "__proto__",
  "constructor",
  "toString",
  "",
  "1:",
  "\ud83d",
  "♥"
] as const
const sessions = ["s1", "s2", "__proto__", "hasOwnProperty", "\ude00", "", "p-1s1"] as const

const segments = ["title", 0, -1, 1.5, { _key: "k" }, [0, 1], ["", 2], "__proto__", "\ud800"]
const path = (random: Random) =>
  Array.from({ length: random.int(4) }, () => random.pick(["body", ...segments]))

const point = (random: Random) => ({ path: path(random), offset: random.int(9) })

const selection = (random: Random) =>
  random.pick<object>([
    {},
    { selection: null },
    { selection: { anchor: point(random), focus: point(random) } },
    { selection: { anchor: point(random), focus: point(random), backward: true } }
  ])

const location = (random: Random, more: object = {}): object => ({
  type: "document",
  documentId: random.pick(["drafts.a", "a", "versions.r1.a", "__proto__"]),
  path: path(random),
  lastActiveAt: "2026-11-24T10:00:00.000Z",
  ...selection(random),
  ...more
})

const state = (random: Random, locations: ReadonlyArray<unknown>, more: object = {}) => ({
  type: "state",
  i: random.pick(users),
  m: { sessionId: random.pick(sessions), locations },
  ...more
})

const event = (random: Random): object => {
  if (random.chance(0.15)) {
    return { type: "disconnect", i: random.pick(users), m: { session: random.pick(sessions) } }
  }
  if (random.chance(0.1)) {
    return { type: "rollCall", i: random.pick(users), session: random.pick(sessions) }
  }
  return state(
    random,
    Array.from({ length: random.int(4) }, () => location(random))
  )
}

const notification = (subscription: unknown, result: unknown, more: object = {}) => ({
  jsonrpc: "2.0",
  method: notificationMethod,
  params: { subscription, result },
  ...more
})

/** JSON has numbers that no `JSON.stringify` writes. */
const infinity = "@infinity"
const write = (value: unknown): string =>
  JSON.stringify(value).replaceAll(JSON.stringify(infinity), "1e999")

const ours = (subscription: string, result: unknown): string =>
  write(notification(subscription, result))

const polluted = '{"polluted":true}'

const parsed = (text: string): object => JSON.parse(text)

/** Objects with keys that an assignment would take for something else. */
const protos = [
  parsed(`{"__proto__":${polluted}}`),
  parsed(`{"constructor":{"prototype":${polluted}}}`),
  parsed('{"__proto__":{"type":"state","i":"p-1","m":{"sessionId":"s1","locations":[]}}}')
] as const

const junk = [
  null,
  true,
  0,
  -1,
  infinity,
  "",
  "2.0",
  "state",
  [],
  [[]],
  {},
  { _key: null },
  [1],
  [1, 2],
  [1, 2, 3],
  ["", ""],
  { 0: 1, length: 1 },
  ...protos
]
const anyJunk = (random: Random): unknown => random.pick([undefined, ...junk])

/** Replaces, removes or adds something at a random depth. */
export const spoil = (random: Random, value: unknown): unknown => {
  if (typeof value !== "object" || value === null || random.chance(0.12)) return anyJunk(random)
  if (Array.isArray(value)) {
    if (value.length === 0 || random.chance(0.1)) return [...value, anyJunk(random)]
    const at = random.int(value.length)
    return value.map((item: unknown, index) => (index === at ? spoil(random, item) : item))
  }
  const entries = Object.entries(value)
  if (entries.length === 0 || random.chance(0.1)) return { ...value, extra: anyJunk(random) }
  const at = random.int(entries.length)
  return Object.fromEntries(
    entries.map(([key, item], index) => [key, index === at ? spoil(random, item) : item])
  )
}

const characters = ['"', "{", "}", "[", "]", ",", ":", "\\", "0", "e", "\u0000", "\ud800", " "]
export const mutate = (random: Random, text: string): string => {
  const at = random.int(text.length)
  const put = random.pick(["x", ...characters])
  const rest = text.slice(random.pick([at, at + 1, at + 1, at + 2]))
  return text.slice(0, at) + (random.chance(0.2) ? "" : put) + rest
}

/** Any JSON at all. */
export const tree = (random: Random, depth: number): unknown => {
  if (depth === 0 || random.chance(0.3)) return anyJunk(random)
  const children = Array.from({ length: random.int(4) }, () => tree(random, depth - 1))
  if (random.chance(0.5)) return children
  const keys = ["type", "i", "m", "session", "sessionId", "locations", "__proto__", "x"] as const
  return Object.fromEntries(children.map((child) => [random.pick(keys), child]))
}

/** Longer than the 512 that an id or a string may have. */
const long = (random: Random): string => "x".repeat(513 + random.int(100))
const manySegments = Array.from({ length: 65 }, (_, index) => index)

const tooMuch: Make = (random, subscription) => {
  const key = { _key: long(random) }
  const caret = { path: manySegments, offset: 0 }
  const result = random.pick<object>([
    state(random, [], { i: long(random) }),
    state(random, [], { m: { sessionId: long(random), locations: [] } }),
    { type: "disconnect", i: "p-1", m: { session: long(random) } },
    { type: "rollCall", i: long(random), session: "s" },
    state(random, [location(random), location(random, { documentId: long(random) })]),
    state(random, [location(random, { path: [long(random)] }), location(random)]),
    state(random, [location(random, { path: ["a", key] })]),
    state(random, [location(random, { lastActiveAt: long(random) })]),
    state(random, [location(random, { path: manySegments }), location(random)]),
    state(random, [location(random, { selection: { anchor: caret, focus: point(random) } })])
  ])
  return ours(subscription, result)
}

const tooMany: Make = (random, subscription) =>
  ours(
    subscription,
    state(
      random,
      Array.from({ length: 101 + random.int(50) }, () => location(random))
    )
  )

const unknownTypes: Make = (random, subscription) => {
  const type = random.pick(["cursor", "State", "", "__proto__", "constructor", "disconnected"])
  return ours(
    subscription,
    random.chance(0.5)
      ? { ...event(random), type }
      : state(random, [location(random, { type }), { type, at: 1 }, location(random)])
  )
}

const badLocations: Make = (random, subscription) =>
  ours(
    subscription,
    state(random, [location(random), spoil(random, location(random)), anyJunk(random)])
  )

/** Ids that no client has used; ones that it has are for {@link answeredTwice}. */
const strangerId = (random: Random) =>
  random.pick<unknown>([1e6 + random.int(1e6), -1, 0, "", "x", "__proto__", "NaN", `${2e6}`])

const replies: Make = (random) => {
  const id = strangerId(random)
  const error = { code: -32600, message: "no", data: protos[0] }
  return write(
    random.pick<object>([
      { jsonrpc: "2.0", id, result: tree(random, 2) },
      { jsonrpc: "2.0", id, error },
      { jsonrpc: "2.0", id: null, error },
      { jsonrpc: "2.0", id, error: anyJunk(random) ?? "no" },
      { jsonrpc: "2.0", error: false }
    ])
  )
}

/** Of the requests from 1 to 3: authorization, subscription, roll call. */
const answeredTwice: Make = (random) =>
  write({
    jsonrpc: "2.0",
    id: random.pick<unknown>([1, "2", "3", 2]),
    ...(random.chance(0.5)
      ? { result: "another-subscription" }
      : { error: { code: 4001, message: "go away" } })
  })

const elsewhere: Make = (random, subscription) =>
  write(
    notification(
      random.pick<unknown>([`${subscription}x`, "", subscription.toUpperCase(), [subscription]]),
      event(random)
    )
  )

const others: Make = (random) =>
  random.pick([
    "♥",
    write({ jsonrpc: "2.0", method: "welcome", params: tree(random, 2) }),
    write({ jsonrpc: "2.0", method: "authorization_subscription", params: null }),
    write({ jsonrpc: "2.0", id: 1, method: "presence_disconnect", params: {} }),
    write({ jsonrpc: "2.0", id: "2", method: notificationMethod, params: tree(random, 3) })
  ])

const surrogates: Make = (random, subscription) => {
  const text = ours(subscription, event(random))
  // Escaped they reach the client; raw ones are replaced by the network.
  const at = text.indexOf('"i":"') + 5
  return (
    text.slice(0, at) + random.pick(["\\ud800", "\\udc00", "\ud800", "\udc00"]) + text.slice(at)
  )
}

const proto: Make = (random, subscription) => {
  const text = ours(subscription, { ...event(random), ...random.pick(protos) })
  const at = text.indexOf("{", random.int(text.length - 1))
  return `${text.slice(0, at + 1)}"__proto__":${polluted},${text.slice(at + 1)}`
}

/** How often of each kind, in percent. */
const kinds: ReadonlyArray<readonly [number, Make]> = [
  [14, (random, subscription) => ours(subscription, event(random))],
  [
    20,
    (random, subscription) =>
      write(spoil(random, notification(subscription, event(random))) ?? null)
  ],
  [10, (random, subscription) => ours(subscription, spoil(random, event(random)))],
  [12, (random, subscription) => mutate(random, ours(subscription, event(random)))],
  [5, (random, subscription) => truncated(random, ours(subscription, event(random)))],
  [6, (random, subscription) => ours(subscription, tree(random, 4))],
  [2, (random) => write(tree(random, 3) ?? null)],
  [2, (random) => Uint8Array.from({ length: random.int(64) }, () => random.int(256))],
  [1, (random, subscription) => new TextEncoder().encode(ours(subscription, event(random)))],
  [5, replies],
  [2, answeredTwice],
  [3, elsewhere],
  [2, others],
  [5, tooMuch],
  [1, tooMany],
  [4, unknownTypes],
  [3, badLocations],
  [1, surrogates],
  [2, proto]
]

const truncated = (random: Random, text: string) => text.slice(0, random.int(text.length))

const total = kinds.reduce((sum, [share]) => sum + share, 0)

/** One frame of any kind. */
export const randomFrame: Make = (random, subscription) => {
  let left = random.next() * total
  for (const [share, make] of kinds) {
    left -= share
    if (left < 0) return make(random, subscription)
  }
  return ""
}

const depth = 100_000
const open = "[".repeat(depth)
const close = "]".repeat(depth)
const objects = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`

const around = (subscription: string, inner: string, at: "result" | "m" | "location" | "path") => {
  const text = ours(subscription, {
    type: "state",
    i: "p-1",
    m: { sessionId: "s1", locations: [{ type: "document", documentId: "a", path: ["@deep"] }] }
  })
  const patterns = {
    result: /\{"type":"state".*\}(?=\}\}$)/,
    m: /\{"sessionId".*\](?=\})\}/,
    location: /\{"type":"document".*?\}/,
    path: /"@deep"/
  }
  return text.replace(patterns[at], inner)
}

const places = ["result", "m", "location", "path"] as const
const deepInners = [open, open + close, objects]

/** One of some frames that are {@link depth} deep, valid JSON and not. */
export const deepFrame = (subscription: string, index: number): string => {
  const whole = [
    ...deepInners,
    `{"jsonrpc":"2.0","id":${open}${close}}`,
    `{"jsonrpc":"2.0","id":1000000,"error":${open}${close}}`
  ]
  const kind = index % (whole.length + deepInners.length * places.length)
  const frame = whole[kind]
  if (frame !== undefined) return frame
  const inner = deepInners[kind % deepInners.length] ?? open
  return around(subscription, inner, places[kind % places.length] ?? "result")
}
