/** How members speak to each of the servers: what they send, and what they see of it. */
import * as decoding from "lib0/decoding"
import * as encoding from "lib0/encoding"
import { Method } from "../../../src/bifur/BifurEvent.ts"
import { encodeRequest } from "../../../src/bifur/JsonRpc.ts"
import { Opcode, toFrame } from "./FrameReader.ts"
import type { RawSocket } from "./RawSocket.ts"

/** What everyone says, whoever the server is. */
export interface State {
  readonly sessionId: string
  readonly locations: ReadonlyArray<unknown>
}

/**
 * - `path`: of the upgrade.
 * - `enter`: from the upgrade until it gets what the others send.
 * - `encode`: a member's state as a frame; `sequence` counts them up.
 * - `decode`: the state that a message carries, or undefined.
 * - `answer`: the frame that the server wants in return, if any.
 */
export interface Protocol {
  readonly path: string
  readonly enter: (socket: RawSocket, member: number) => Promise<void>
  readonly encode: (member: number, sequence: number, state: State) => Buffer
  readonly decode: (payload: Buffer) => unknown
  readonly answer?: (payload: Buffer) => Buffer | undefined
}

/** Of the same length for everyone. */
export const nameOf = (member: number) => `m${String(member).padStart(4, "0")}`

const ws: Protocol = {
  path: "/",
  enter: async () => {},
  encode: (_, __, state) => toFrame(JSON.stringify(state)),
  decode: (payload) => JSON.parse(payload.toString())
}

const request = (method: string, id: string, params: { readonly [key: string]: unknown }) =>
  toFrame(encodeRequest(id, method, params))

/** Anything but JSON is a heartbeat. */
export const isHeartbeat = (payload: Buffer, from = 0) => payload[from] !== "{".charCodeAt(0)

const repliesTo = (id: string) => (payload: Buffer) => {
  if (isHeartbeat(payload)) return false
  const reply = JSON.parse(payload.toString())
  if (reply.id !== id) return false
  if (reply.error !== undefined) throw new Error(`refused: ${reply.error.message}`)
  return true
}

const ask = async (socket: RawSocket, method: string, params = {}) => {
  const reply = socket.expect(repliesTo(method))
  socket.write(request(method, method, params))
  await reply
}

/** Calls the roll. */
export const rollCall = (member: number) =>
  request(Method.rollCall, "roll", { session: nameOf(member) })

const ours: Protocol = {
  path: "/v2022-06-30/socket/fanout",
  enter: async (socket, member) => {
    await ask(socket, Method.authorization, { authorization: `Bearer p-${nameOf(member)}` })
    await ask(socket, Method.subscribe)
  },
  encode: (_, sequence, data) => request(Method.announce, `announce-${sequence}`, { data }),
  decode: (payload) => {
    const { m } = JSON.parse(payload.toString()).params?.result ?? {}
    return m
  }
}

const startsWith = (text: string) => (payload: Buffer) => payload.toString().startsWith(text)

const socketIo: Protocol = {
  path: "/socket.io/?EIO=4&transport=websocket",
  enter: async (socket) => {
    await socket.expect(startsWith("0"))
    const joined = socket.expect(startsWith("40"))
    socket.write(toFrame("40"))
    await joined
  },
  encode: (_, __, state) => toFrame(`42${JSON.stringify(["state", state])}`),
  decode: (payload) => JSON.parse(payload.toString().slice(2))[1],
  answer: (payload) => (payload.length === 1 && payload[0] === 0x32 ? toFrame("3") : undefined)
}

const document = "fanout"
const MessageType = { awareness: 1, auth: 2 } as const

const toMessage = (type: number, write: (encoder: encoding.Encoder) => void) => {
  const bytes = encoding.encode((encoder) => {
    encoding.writeVarString(encoder, document)
    encoding.writeVarUint(encoder, type)
    write(encoder)
  })
  return toFrame(bytes, Opcode.binary)
}

/** The rest of a message after its type, or undefined if it is of another type. */
const ofType = (type: number, payload: Buffer): decoding.Decoder | undefined => {
  const decoder = decoding.createDecoder(payload)
  decoding.readVarString(decoder)
  return decoding.readVarUint(decoder) === type ? decoder : undefined
}

/** Numbers that take as many bytes for everyone, for as long as it is measured. */
const firstClient = 3_000_000
const firstClock = 1_000

const hocuspocus: Protocol = {
  path: "/",
  enter: async (socket) => {
    const authenticated = 2
    const accepted = socket.expect((payload) => {
      const auth = ofType(MessageType.auth, payload)
      return auth !== undefined && decoding.readVarUint(auth) === authenticated
    })
    socket.write(
      toMessage(MessageType.auth, (encoder) => {
        encoding.writeVarUint(encoder, 0)
        encoding.writeVarString(encoder, "token")
      })
    )
    await accepted
  },
  encode: (member, sequence, state) =>
    toMessage(MessageType.awareness, (encoder) => {
      const update = encoding.encode((inner) => {
        encoding.writeVarUint(inner, 1)
        encoding.writeVarUint(inner, firstClient + member)
        encoding.writeVarUint(inner, firstClock + sequence)
        encoding.writeVarString(inner, JSON.stringify(state))
      })
      encoding.writeVarUint8Array(encoder, update)
    }),
  decode: (payload) => {
    const message = ofType(MessageType.awareness, payload)
    if (message === undefined) return undefined
    const update = decoding.createDecoder(decoding.readVarUint8Array(message))
    if (decoding.readVarUint(update) !== 1) return undefined
    decoding.readVarUint(update)
    decoding.readVarUint(update)
    return JSON.parse(decoding.readVarString(update))
  }
}

const server = (name: string) => new URL(`servers/${name}.ts`, import.meta.url)

/** A server, how it is started, and how it is spoken to. */
export interface Contender {
  readonly name: string
  readonly module: URL
  readonly input: unknown
  readonly protocol: Protocol
}

/** All that are compared. */
export const contenders = {
  text: { name: "ws", module: server("ws"), input: "text", protocol: ws },
  bytes: { name: "ws, bytes as they came", module: server("ws"), input: "bytes", protocol: ws },
  corked: { name: "ws, bytes, corked", module: server("ws"), input: "corked", protocol: ws },
  socketIo: { name: "socket.io room", module: server("socketIo"), input: null, protocol: socketIo },
  hocuspocus: {
    name: "Hocuspocus awareness",
    module: server("hocuspocus"),
    input: null,
    protocol: hocuspocus
  },
  ours: { name: "ours", module: server("ours"), input: {}, protocol: ours },
  forward: {
    name: 'ours, rollCall: "forward"',
    module: server("ours"),
    input: { rollCall: "forward" },
    protocol: ours
  }
} as const satisfies { readonly [name: string]: Contender }

export type ContenderKey = keyof typeof contenders
