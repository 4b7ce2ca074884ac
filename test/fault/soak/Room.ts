/**
 * The room of a soak: who sits where in it, and what has been counted.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { PresenceError, PresenceState, ReportedLocation } from "../../../src/index.ts"
import { type SoakClient, start } from "./Client.ts"
import { type Disagreement, judge, nameOf } from "./Judge.ts"
import type { Fault } from "./Plan.ts"
import type { SoakRelay } from "./Relay.ts"
import type { SoakTime } from "./Time.ts"

/**
 * The place of one client after the other, always of the same user. `network` and `life`: one fault
 * of each kind at a time.
 */
export interface Seat {
  readonly userId: string
  readonly network: Semaphore.Semaphore
  readonly life: Semaphore.Semaphore
  client: SoakClient
}

/** How long after bytes were changed a refusal may still come of that, in milliseconds. */
const corruptionEcho = 4_000

/** When a person who was refused tries again, in milliseconds. */
const retryAfter = 1_000

const documents: ReadonlyArray<ReportedLocation> = [
  { documentId: "book" },
  { documentId: "book", perspective: "published" },
  { documentId: "book", perspective: { releaseName: "r1" } },
  { documentId: "author", liveEdit: true }
]

/** Numbered, so that no report ever says the same as another: an old one can't pass for the last. */
const placesOf = (number: number): ReadonlyArray<ReportedLocation> => {
  const document = documents[number % documents.length] ?? { documentId: "" }
  const point = { path: ["rows", { _key: "ü" }], offset: number }
  const place: ReportedLocation = {
    ...document,
    path: ["rows", { _key: `r${number}` }, "größe-😀", 0]
  }
  const caret: ReportedLocation = { ...document, selection: { anchor: point, focus: point } }
  return (
    [[place], [place, caret], [caret], [{ documentId: `drafts.page-${number}` }]][number % 4] ?? []
  )
}

/** Everybody in the room, the relay under it, and what has happened so far. */
export class SoakRoom {
  readonly seats: Array<Seat> = []
  readonly time: SoakTime
  readonly relay: SoakRelay
  /** How often each fault has happened, and for which reasons somebody left somebody's sight. */
  readonly happened = new Map<Fault, number>()
  readonly left = new Map<PresenceState.LeftReason, number>()
  /** By rule, or by what else they have in common: how many, and the first of them. */
  readonly problems = new Map<string, { readonly count: number; readonly first: string }>()
  moves = 0
  connections = 0
  refusals = 0
  private readonly seed: number
  /** Clients outlive the deed, and the round, that brought them in. */
  private readonly scope: Scope.Scope
  private reports = 0
  private clientsEver = 0

  constructor(seed: number, time: SoakTime, relay: SoakRelay, scope: Scope.Scope) {
    this.seed = seed
    this.scope = scope
    this.time = time
    this.relay = relay
  }

  get clients(): ReadonlyArray<SoakClient> {
    return this.seats.map(({ client }) => client)
  }

  readonly nextPlaces = (): ReadonlyArray<ReportedLocation> => placesOf(++this.reports)

  count(fault: Fault): void {
    this.happened.set(fault, (this.happened.get(fault) ?? 0) + 1)
  }

  note(rule: string, problem: string): void {
    const { count, first } = this.problems.get(rule) ?? { count: 0, first: problem }
    this.problems.set(rule, { count: count + 1, first })
  }

  /** Everybody comes in; every tenth only watches. */
  fill(size: number): Effect.Effect<void, PresenceError> {
    return Effect.gen({ self: this }, function* () {
      for (let index = 0; index < size; index++) {
        const userId = `p-soak-${String(index).padStart(2, "0")}`
        const client = yield* this.enter(userId, index % 10 === 9)
        const network = yield* Semaphore.make(1)
        const life = yield* Semaphore.make(1)
        this.seats.push({ userId, network, life, client })
      }
    })
  }

  /** A new client comes in, and says where it is unless it only watches. */
  enter(userId: string, watches: boolean): Effect.Effect<SoakClient, PresenceError> {
    const { relay, seed } = this
    const number = ++this.clientsEver
    const options = { url: relay.url, userId, watches, proxySeed: seed + number, observer: this }
    return Scope.provide(start(options), this.scope).pipe(
      Effect.tap((client) => (watches ? Effect.void : client.report(this.nextPlaces()))),
      Random.withSeed(`${seed}/${number}`)
    )
  }

  /** What all have wrong at this moment. */
  judge(): ReadonlyArray<Disagreement> {
    const { clients } = this
    return judge(
      clients.map(({ truth }) => truth),
      clients.map(({ view }) => view)
    )
  }

  onConnected(): void {
    this.connections++
  }

  onLeft(reason: PresenceState.LeftReason): void {
    this.left.set(reason, (this.left.get(reason) ?? 0) + 1)
  }

  /**
   * A changed byte of a token, or of what it is sent with, makes a refused token, which only somebody
   * who tries again can mend.
   */
  onRefused(client: SoakClient, reason: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.refusals++
      if (this.time.now() - client.corruptedUntil > corruptionEcho) {
        this.note("refused, though nothing was changed", `${nameOf(client)}, ${reason}`)
      }
      return Effect.delay(client.presence.retryNow, retryAfter)
    })
  }
}
