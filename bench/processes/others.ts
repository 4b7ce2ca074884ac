/**
 * Sessions that sit in a room, in one process. They cost as little as can be, so that what is measured
 * is not them: what they hear is thrown away unread, and what they say is written as it stands.
 */
import { randomBytes } from "node:crypto"
import { get } from "node:http"
import type { Duplex } from "node:stream"
import { Method } from "../../src/bifur/BifurEvent.ts"
import { encodeRequest } from "../../src/bifur/JsonRpc.ts"
import type { Others } from "./child.ts"

process.stdin.resume().once("close", () => process.exit())

const { dataset, interval, sessions, url }: Others = JSON.parse(process.argv[2] ?? "null")

/** How many people there are for each document. */
const perDocument = 10

/** A text frame as a client sends it. Masked with zeros, the payload is as it was. */
const toFrame = (text: string): Buffer => {
  const payload = Buffer.from(text)
  const isShort = payload.length < 126
  const head = Buffer.alloc(isShort ? 6 : 8)
  head[0] = 0x81
  head[1] = 0x80 | (isShort ? payload.length : 126)
  if (!isShort) head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}

const open = () =>
  new Promise<Duplex>((resolve, reject) => {
    get(`${url}/v2022-06-30/socket/${dataset}`, {
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": randomBytes(16).toString("base64")
      }
    })
      .once("upgrade", (_, socket) => resolve(socket.resume()))
      .once("response", ({ statusCode }) => reject(new Error(`no upgrade but ${statusCode}`)))
      .once("error", reject)
  })

const join = async (n: number) => {
  const socket = await open()
  socket.once("close", () => {
    throw new Error("the relay closed a connection")
  })
  const request = (method: string, params: { readonly [key: string]: unknown }) =>
    socket.write(toFrame(encodeRequest(`${method}-${n}`, method, params)))
  const location = {
    type: "document",
    documentId: `drafts.other-${Math.floor(n / perDocument)}`,
    path: [`field-${n % perDocument}`],
    lastActiveAt: new Date().toISOString()
  }
  const data = { sessionId: `other-${n}`, locations: [location] }
  request(Method.authorization, { authorization: `Bearer p-other-${n}` })
  request(Method.subscribe, {})
  return () => request(Method.announce, { data })
}

const announces: Array<() => void> = []
for (let n = 0; n < sessions; n++) {
  const announce = await join(n)
  announce()
  announces.push(announce)
}

let next = 0
setInterval(() => {
  announces[next % sessions]?.()
  next += 1
}, interval / sessions)
console.log("joined")
