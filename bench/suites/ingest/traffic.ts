/**
 * What a busy room says, the same in every run, and who must be where in the end. Frames as the server
 * sends them, about 250 bytes each.
 */
import { notificationMethod } from "../../../src/bifur/BifurEvent.ts"
import { encodeNotification } from "../../../src/bifur/JsonRpc.ts"
import { makeRandom } from "../../../test/support/random.ts"

export const subscription = "s1"

/** An event of the room as whoever reads frames by hand sees it. */
export interface Wire {
  readonly type: string
  readonly i: string
  readonly m: {
    readonly sessionId: string
    readonly session: string
    readonly locations: ReadonlyArray<{
      readonly documentId: string
      readonly path: ReadonlyArray<string>
    }>
  }
}

/**
 * - `join`: everyone's first word.
 * - `churn`: people move to another field, one in twenty of them to another document.
 * - `mixed`: the same, and a fifth of it are heartbeats that move nobody, and people who leave or return.
 */
export type Kind = "join" | "churn" | "mixed"

/** How many people there are for each document. */
const perDocument = 10

const start = Date.parse("2026-11-24T10:00:00.000Z")

interface Person {
  readonly userId: string
  readonly sessionId: string
  document: number
  field: number
  isPresent: boolean
}

/** Where someone is, in a word. */
export const placeOf = (documentId: string, path: ReadonlyArray<unknown>) =>
  `${documentId}/${path.join(".")}`

export interface Traffic {
  /** So many frames; the last of each `batch` shows in the state. */
  readonly frames: (kind: Kind, count: number, batch: number) => ReadonlyArray<string>
  /** The place of everyone who is there, by session id. */
  readonly expected: () => ReadonlyMap<string, string>
}

export const documentIdOf = (document: number) => `drafts.b${document}`

/** The traffic of a room of so many people. They have five tabs each. */
export const makeTraffic = (sessions: number): Traffic => {
  const random = makeRandom(7)
  const below = (limit: number) => Math.floor(random() * limit)
  const documents = Math.max(1, Math.floor(sessions / perDocument))
  let time = start
  const people = Array.from({ length: sessions }, (_, n): Person => ({
    userId: `p-${n % Math.max(1, sessions / 5)}`,
    sessionId: `s-${String(n).padStart(6, "0")}`,
    document: n % documents,
    field: 0,
    isPresent: false
  }))
  const notify = (result: unknown) =>
    encodeNotification(notificationMethod, { subscription, result })
  const state = (person: Person) => {
    time += 7
    person.isPresent = true
    const { document, field, sessionId, userId } = person
    const location = {
      type: "document",
      documentId: documentIdOf(document),
      path: [`f${field}`],
      lastActiveAt: new Date(time).toISOString()
    }
    return notify({ type: "state", i: userId, m: { sessionId, locations: [location] } })
  }
  const move = (person: Person) => {
    if (random() < 0.05) person.document = (person.document + 1) % documents
    person.field = (person.field + 1 + below(19)) % 20
    return state(person)
  }
  const leave = (person: Person) => {
    person.isPresent = false
    return notify({ type: "disconnect", i: person.userId, m: { session: person.sessionId } })
  }
  const someone = () => {
    const person = people[below(sessions)]
    if (person === undefined) throw new Error("a room of nobody has no traffic")
    return person
  }
  const mixed = () => {
    const person = someone()
    if (!person.isPresent) return state(person)
    const dice = random()
    if (dice < 0.05) return leave(person)
    return dice < 0.2 ? state(person) : move(person)
  }
  let joined = 0
  const join = () => {
    const person = people[joined % sessions]
    joined += 1
    return person === undefined ? move(someone()) : state(person)
  }
  const next = { join, churn: () => move(someone()), mixed }
  return {
    frames: (kind, count, batch) =>
      Array.from({ length: count }, (_, index) => {
        const isLast = index % batch === batch - 1 || index === count - 1
        return kind === "mixed" && isLast ? move(someone()) : next[kind]()
      }),
    expected: () =>
      new Map(
        people
          .filter(({ isPresent }) => isPresent)
          .map(({ document, field, sessionId }) => [
            sessionId,
            placeOf(documentIdOf(document), [`f${field}`])
          ])
      )
  }
}
