/** What no client should send to a relay, from one seed: messages, frames and requests. */
import { apiVersion } from "../../src/bifur/JsonRpc.ts"
import { clientFrame, opcode, upgradeHead } from "../relay/RawSocket.ts"
import { mutate, spoil, tree } from "./garbageFrames.ts"
import type { Random } from "./replayRandom.ts"

/** Largest frame that the relay under test reads. */
export const maxFrameSize = 64 * 1_024

const methods = [
  "presence_announce",
  "presence_announce",
  "presence_announce",
  "presence_rollcall",
  "presence_disconnect",
  "presence_subscribe",
  "presence_unsubscribe"
] as const

const oddMethods = [
  "",
  "__proto__",
  "constructor",
  "toString",
  "presence_",
  "x".repeat(500)
] as const

const oddIds = [
  0,
  -1,
  1e308,
  2 ** 53,
  0.1,
  null,
  undefined,
  true,
  {},
  [],
  "",
  "__proto__",
  "\ud800",
  "x".repeat(5_000)
] as const

/** Few of them now and then, ten thousand over time. */
const session = (random: Random): string =>
  random.pick(["s", "__proto__", "", "\ud83d", "1:", `s${random.int(10_000)}`])

const token = (random: Random): string =>
  random.pick([
    "Bearer p-fuzz",
    "Bearer p-fuzz-2",
    "Bearer",
    "Bearer n o",
    "",
    "Basic x",
    "Bearer __proto__"
  ])

const params = (random: Random, method: string): object => {
  switch (method) {
    case "presence_announce": {
      const locations = Array.from({ length: random.int(3) }, () => ({
        type: "document",
        documentId: random.pick(["a", "drafts.a", "__proto__"]),
        path: ["body", { _key: "k" }, random.int(9)],
        lastActiveAt: ""
      }))
      return { data: { sessionId: session(random), locations } }
    }
    case "presence_unsubscribe":
      return { subscriptionId: session(random) }
    default:
      return { session: session(random) }
  }
}

const request = (random: Random): object => {
  const at = random.next()
  // What comes while one is decided waits, and not much may.
  if (at < 0.0005)
    return {
      jsonrpc: "2.0",
      id: 1,
      method: "authorization",
      params: { authorization: token(random) }
    }
  const method = at < 0.05 ? random.pick(oddMethods) : random.pick(methods)
  return {
    jsonrpc: "2.0",
    id: random.chance(0.1) ? random.pick(oddIds) : random.int(1e6),
    method,
    params: { ...params(random, method), apiVersion }
  }
}

const write = (value: unknown): string => JSON.stringify(value) ?? ""

type Nesting = readonly [open: string, close: string, levels: number]

const deep = (random: Random): string => {
  const [open, close, most] = random.pick<Nesting>([
    ["[", "]", 20_000],
    ['{"a":', "}", 8_000],
    ['{"__proto__":', "}", 4_000]
  ])
  const levels = random.pick([99, 100, 101, 102, 2_000, most])
  const value = `${open.repeat(levels)}0${random.chance(0.8) ? close.repeat(levels) : ""}`
  return random.pick([
    value,
    `{"jsonrpc":"2.0","id":1,"method":"presence_announce","params":{"data":{"sessionId":"deep","locations":[${value}]}}}`,
    `{"jsonrpc":"2.0","id":1,"method":"presence_announce","params":${value}}`,
    `{"jsonrpc":"2.0","id":${value},"method":"presence_subscribe"}`
  ])
}

/** Many values in few bytes, or few of which much is written again: all within the bound of a frame. */
const expensive = (random: Random): string => {
  const [value, most] = random.pick<readonly [value: string, most: number]>([
    ["[]", 20_000],
    ["{}", 20_000],
    ['{"":0}', 9_000],
    ["1e20", 12_000],
    ['"\\u0000"', 7_000]
  ])
  const values = Array.from({ length: random.int(most) }, () => value).join()
  return random.pick([
    `{"jsonrpc":"2.0","id":1,"method":"presence_announce","params":{"data":{"sessionId":"${session(random)}","locations":[${values}]}}}`,
    `{"jsonrpc":"2.0","id":1,"method":"presence_rollcall","params":{"session":[${values}]}}`,
    `{"jsonrpc":"2.0","id":1,"method":"no_such_method","params":[${values}]}`,
    `[${values}]`
  ])
}

/** A message that ends no connection: it is answered. */
export const randomMessage = (random: Random): string => {
  const at = random.next()
  if (at < 0.35) return write(request(random))
  if (at < 0.6) return write(spoil(random, request(random)))
  if (at < 0.8) return mutate(random, write(request(random)))
  if (at < 0.969) return write(tree(random, 4))
  if (at < 0.97) return expensive(random)
  if (at < 0.98) return deep(random)
  return random.pick([
    "",
    " ",
    "\u0000",
    "♥",
    "[]",
    "null",
    "1e999",
    '"',
    "{}",
    '{"jsonrpc":"2.0"}'
  ])
}

const randomBytes = (random: Random, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => random.int(256)))

/** A message as frames: in one, in several with pings between, as bytes, with pongs that nobody asked for. */
export const asFrames = (random: Random, text: string): Buffer => {
  if (random.chance(0.9)) return clientFrame(opcode.text, text)
  if (random.chance(0.2)) return clientFrame(opcode.binary, randomBytes(random, random.int(200)))
  if (random.chance(0.2))
    return clientFrame(random.pick([opcode.ping, opcode.pong]), "x".repeat(125))
  const body = Buffer.from(text)
  const cut = random.int(body.length + 1)
  return Buffer.concat([
    clientFrame(opcode.text, body.subarray(0, cut), { isFinal: false }),
    clientFrame(opcode.ping, "between"),
    clientFrame(opcode.continuation, "", { isFinal: false }),
    clientFrame(opcode.continuation, body.subarray(cut))
  ])
}

/** Frames that break the protocol, or end it. */
export const lastFrame = (random: Random): Buffer => {
  const close = (...bytes: ReadonlyArray<number>) => clientFrame(opcode.close, Buffer.from(bytes))
  return random.pick<() => Buffer>([
    () => clientFrame(opcode.text, "{}", { reserved: random.pick([0x40, 0x20, 0x10, 0x70]) }),
    () => clientFrame(opcode.text, "{}", { isMasked: false }),
    () => clientFrame(random.pick([3, 4, 7, 11, 15]), "x"),
    () => clientFrame(opcode.continuation, "x"),
    () =>
      Buffer.concat([
        clientFrame(opcode.text, "x", { isFinal: false }),
        clientFrame(opcode.text, "x")
      ]),
    () => clientFrame(opcode.ping, "x".repeat(126)),
    () => clientFrame(opcode.ping, "x", { isFinal: false }),
    () => clientFrame(opcode.text, Buffer.from([0x22, 0xff, 0xfe, 0x22])),
    () => clientFrame(opcode.text, Buffer.from([0xed, 0xa0, 0x80])),
    () => clientFrame(opcode.text, "x".repeat(maxFrameSize)),
    () => clientFrame(opcode.text, "x".repeat(maxFrameSize + 1)),
    () => clientFrame(opcode.text, "x", { length: Number.MAX_SAFE_INTEGER }),
    () => Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    () => clientFrame(opcode.text, "half of a frame", { length: 1_000 }),
    () => Buffer.from([0x81]),
    () =>
      Buffer.concat(Array.from({ length: 1_100 }, () => clientFrame(0, "", { isFinal: false }))),
    () => close(),
    () => close(3),
    () => close(0x03, 0xe8),
    () => close(0x03, 0xec),
    () => close(0xff, 0xff),
    () => close(0x03, 0xe8, 0xff),
    () => clientFrame(opcode.close, "x".repeat(126)),
    () => randomBytes(random, 1 + random.int(500))
  ])()
}

/** Bytes instead of a request for a WebSocket, or a request that is none. */
export const badRequest = (random: Random): Buffer | string =>
  random.pick<() => Buffer | string>([
    () => randomBytes(random, random.int(2_000)),
    () => Buffer.from("1603010200010001fc0303", "hex"),
    () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    () => "GET /v1/socket/production\r\n\r\n",
    () => "GET /v1/socket/production HTTP/9.9\r\n\r\n",
    () => `GET ${"/x".repeat(random.int(20_000))} HTTP/1.1\r\nHost: a\r\n\r\n`,
    () => `GET / HTTP/1.1\r\n${"X-Y: z\r\n".repeat(random.int(5_000))}\r\n`,
    () => "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
    () => "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    () =>
      "POST /v1/users HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nxyz",
    () => "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    () => "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n",
    () => "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".repeat(random.int(50)),
    () => `GET /v1/users/${"%".repeat(random.int(9))} HTTP/1.1\r\nHost: \u0000\r\n\r\n`,
    () => `GET /v1/users/${"p,".repeat(random.int(4_000))} HTTP/1.1\r\nHost: a\r\n\r\n`,
    () => upgradeHead({ "Sec-WebSocket-Key": undefined }),
    () => upgradeHead({ "Sec-WebSocket-Key": "x".repeat(10_000) }),
    () => upgradeHead({ "Sec-WebSocket-Version": random.pick(["", "0", "12", "x"]) }),
    () => upgradeHead({ "Sec-WebSocket-Protocol": random.pick(["", ",,", "a, a", "\u00ff"]) }),
    () => upgradeHead({ Upgrade: random.pick(["", "h2c", "websocket, websocket", "x"]) }),
    () => upgradeHead({ Connection: random.pick(["close", "", "Upgrade, Upgrade"]) }),
    () => upgradeHead({ Host: undefined }),
    () => upgradeHead({ Host: random.pick(["[", "a..b:", ".", "[::1]:x", "x".repeat(5_000)]) }),
    () => upgradeHead({ Origin: "-".repeat(random.int(15_000)) }),
    () => upgradeHead({ "X-Forwarded-For": ",".repeat(random.int(10_000)) }),
    () => upgradeHead({ "Content-Length": "100" }) + "x".repeat(50),
    () => upgradeHead({}, `/v1/socket/${random.pick(["%", "%ff", "%00", "..", "%2F", "a/b/c"])}`),
    () => upgradeHead({}, `/v1/socket/${"x".repeat(random.int(17_000))}`),
    () => upgradeHead({}, "http://elsewhere/v1/socket/production"),
    () => upgradeHead({}, "/v1/socket/production", random.pick(["POST", "HEAD", "TRACE", "get"])),
    () => `GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n${upgradeHead()}`
  ])()
