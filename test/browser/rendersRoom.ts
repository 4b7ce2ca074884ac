/** A busy room inside the page: who is where, what they say, and the socket on which it arrives. */
import { Method, notificationMethod } from "../../src/bifur/BifurEvent.ts"
import { encodeNotification, encodeReply } from "../../src/bifur/JsonRpc.ts"
import { makeRandom } from "../support/random.ts"

const subscription = "the-room"

/** Open sockets that have asked who is there. */
const listening = new Set<RoomSocket>()

/** A WebSocket without a network. It answers every request, and hears what {@link deliver} says. */
class RoomSocket extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readonly protocol = ""
  readonly extensions = ""
  readonly bufferedAmount = 0
  readonly url: string
  binaryType = "blob"
  readyState = 0
  onopen: ((event: Event) => void) | null = null
  onmessage: ((event: MessageEvent) => void) | null = null
  onclose: ((event: Event) => void) | null = null
  onerror: ((event: Event) => void) | null = null

  constructor(url: string) {
    super()
    this.url = url
    setTimeout(() => {
      this.readyState = 1
      const event = new Event("open")
      this.onopen?.(event)
      this.dispatchEvent(event)
    }, 0)
  }

  receive(data: string) {
    const event = new MessageEvent("message", { data })
    this.onmessage?.(event)
    this.dispatchEvent(event)
  }

  send(text: string) {
    const { id, method } = JSON.parse(text)
    const result = method === Method.subscribe ? subscription : { ok: true }
    setTimeout(() => {
      this.receive(encodeReply(id, result))
      if (method === Method.rollCall) listening.add(this)
    }, 0)
  }

  close() {
    this.readyState = 3
    listening.delete(this)
    const event = new CloseEvent("close", { code: 1000 })
    this.onclose?.(event)
    this.dispatchEvent(event)
  }
}

/** Every socket that the page opens from now on is in the room. */
export const install = () => Object.assign(globalThis, { WebSocket: RoomSocket })

export const isListening = () => listening.size > 0

const deliver = (frame: string) => {
  for (const socket of listening) socket.receive(frame)
}

/** Those documents change; in the last ones, people are only heard of. */
const quietDocuments = 5

interface Person {
  readonly userId: string
  readonly sessionId: string
  document: number
  field: number
  lastActiveAt: string
}

/** Of people who are evenly spread over the documents at first. */
export interface Traffic {
  /** How often what is to be seen in each document has changed. */
  readonly changes: Array<number>
  /** Everyone says where they are; each document changes with each who is in it. */
  readonly join: () => void
  /** Somebody moves, to another field most often, or says the same as before. */
  readonly next: () => void
  /** Who is where in a document, by {@link placeOf}, sorted. */
  readonly shown: (document: number) => string
}

/** How a session's place in a document is written. */
export const placeOf = (sessionId: string, path: ReadonlyArray<unknown>) =>
  `${sessionId}@${String(path[0])}`

export const documentIdOf = (document: number) => `book-${document}`

export const makeTraffic = (sessions: number, documents: number): Traffic => {
  const random = makeRandom(7)
  const below = (limit: number) => Math.floor(random() * limit)
  const lively = documents - quietDocuments
  const changes = Array.from({ length: documents }, () => 0)
  const now = () => new Date().toISOString()
  const people = Array.from({ length: sessions }, (_, n): Person => ({
    // A fifth as many as sessions: people have tabs.
    userId: `p-user-${n % (sessions / 5)}`,
    sessionId: `session-${n}`,
    document: n % documents,
    field: 0,
    lastActiveAt: now()
  }))
  const say = ({ document, field, lastActiveAt, sessionId, userId }: Person) => {
    const documentId = `drafts.${documentIdOf(document)}`
    const location = { type: "document", documentId, path: [`field-${field}`], lastActiveAt }
    const result = { type: "state", i: userId, m: { sessionId, locations: [location] } }
    deliver(encodeNotification(notificationMethod, { subscription, result }))
  }
  const change = (document: number) => {
    changes[document] = (changes[document] ?? 0) + 1
  }
  const move = (person: Person) => {
    change(person.document)
    if (random() < 0.06) {
      person.document = (person.document + 1 + below(lively - 1)) % lively
      change(person.document)
    } else {
      person.field = (person.field + 1 + below(19)) % 20
    }
    person.lastActiveAt = now()
  }
  return {
    changes,
    join: () => {
      for (const person of people) {
        change(person.document)
        say(person)
      }
    },
    next: () => {
      const person = people[below(sessions)]
      if (person === undefined) return
      if (person.document < lively && random() < 0.9) move(person)
      say(person)
    },
    shown: (document) =>
      people
        .filter((person) => person.document === document)
        .map(({ field, sessionId }) => placeOf(sessionId, [`field-${field}`]))
        .toSorted()
        .join(" ")
  }
}
