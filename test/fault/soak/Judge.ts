/**
 * The judge of a soak: compares what each client shows with the truth that the harness knows. Pure.
 */
import { PresenceState, type ReportedLocation } from "../../../src/index.ts"

/** A place as one string: equal places give equal strings. When somebody was active is no part of it. */
export const placeOf = ({ documentId, path = [], selection = null }: ReportedLocation): string =>
  JSON.stringify(selection === null ? [documentId, path] : [documentId, path, selection])

/** A session that lives, and where it said last that it is: undefined where it never said anything. */
export interface Truth {
  readonly userId: string
  readonly sessionId: string
  readonly places: ReadonlyArray<string> | undefined
}

/** A session as a client shows it. */
export interface Seen {
  readonly userId: string
  readonly sessionId: string
  readonly places: ReadonlyArray<string>
  readonly stale: boolean
}

/**
 * What one client shows: its status in words, its state, what comes of all that `changes` told it,
 * and what of that made no sense.
 */
export interface View {
  readonly userId: string
  readonly sessionId: string
  readonly status: string
  readonly state: ReadonlyArray<Seen>
  readonly told: ReadonlyArray<Seen>
  readonly mistakes: ReadonlyArray<string>
}

/** What one client has wrong, and the session that it is wrong about; both by {@link nameOf}. */
export interface Disagreement {
  readonly who: string
  readonly about: string | undefined
  readonly what: string
}

interface Id {
  readonly userId: string
  readonly sessionId: string
}

/** For people: the user, and as much of the session as tells it from others. */
export const nameOf = ({ sessionId, userId }: Id): string => `${userId}/${sessionId.slice(0, 6)}`

const keyOf = ({ sessionId, userId }: Id): string => JSON.stringify([userId, sessionId])

const byKey = <A extends Id>(all: ReadonlyArray<A>): ReadonlyMap<string, A> =>
  new Map(all.map((one) => [keyOf(one), one]))

const listOf = (places: ReadonlyArray<string>): string => `{${places.join(" ")}}`

const areSame = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && a.every((place, index) => place === b[index])

/** How a client sees a session. */
export const seen = (session: PresenceState.PresenceSession): Seen => ({
  userId: session.userId,
  sessionId: session.sessionId,
  places: session.locations.map(placeOf),
  stale: session.stale
})

/**
 * What comes of the changes that a client was told of, from its beginning on. Notes what can't be:
 * who is there joins again, who is not moves or leaves, somebody moves away from where they were not.
 */
export class Ledger {
  readonly sessions = new Map<string, Seen>()
  readonly mistakes: Array<string> = []

  apply(change: PresenceState.PresenceChange | PresenceState.Reset): void {
    if (change._tag === "Reset") {
      this.sessions.clear()
      for (const session of PresenceState.toArray(change.state).map(seen)) {
        this.sessions.set(keyOf(session), session)
      }
      return
    }
    const session = seen(change.session)
    const known = this.sessions.get(keyOf(session))
    this.check(change, session, known)
    if (change._tag === "Left") this.sessions.delete(keyOf(session))
    else this.sessions.set(keyOf(session), session)
  }

  private check(
    change: PresenceState.PresenceChange,
    session: Seen,
    known: Seen | undefined
  ): void {
    const expected = change._tag !== "Joined"
    if ((known !== undefined) !== expected) {
      return this.note(
        `${change._tag} of ${nameOf(session)}, who is ${expected ? "not " : ""}there`
      )
    }
    const left = change._tag === "Moved" ? change.previous.map(placeOf) : session.places
    if (known === undefined || areSame(known.places, left)) return
    this.note(
      `${change._tag} of ${nameOf(session)} from ${listOf(left)}, who was told to be at ${listOf(known.places)}`
    )
  }

  private note(mistake: string): void {
    this.mistakes.push(mistake)
  }
}

/** What is wrong about one session, whether it is shown or was told. */
interface Finding {
  readonly about: Id
  readonly what: string
}

const compareOne = (truth: Truth, found: Seen | undefined): ReadonlyArray<Finding> => {
  const { places } = truth
  const find = (what: string): ReadonlyArray<Finding> => [{ about: truth, what }]
  const name = nameOf(truth)
  if (places === undefined) {
    return found === undefined ? [] : find(`${name}, who never said where they are`)
  }
  if (found === undefined) return find(`no ${name}, who is at ${listOf(places)}`)
  return areSame(places, found.places)
    ? []
    : find(`${name} at ${listOf(found.places)} instead of ${listOf(places)}`)
}

const compare = (
  truths: ReadonlyMap<string, Truth>,
  found: ReadonlyArray<Seen>
): ReadonlyArray<Finding> => {
  const all = byKey(found)
  const ghosts = found.filter((session) => !truths.has(keyOf(session)))
  return [
    ...Array.from(truths, ([key, truth]) => compareOne(truth, all.get(key))).flat(),
    ...ghosts.map((ghost) => ({
      about: ghost,
      what: `the ghost ${nameOf(ghost)} at ${listOf(ghost.places)}`
    }))
  ]
}

/** What is shown and was told alike is said once. */
const said = (
  shown: ReadonlyArray<Finding>,
  told: ReadonlyArray<Finding>
): ReadonlyArray<Finding> => {
  const are = (findings: ReadonlyArray<Finding>) => new Set(findings.map(({ what }) => what))
  const [areShown, areTold] = [are(shown), are(told)]
  return [
    ...shown.map(({ about, what }) => ({
      about,
      what: `${areTold.has(what) ? "shows and was told of" : "shows"} ${what}`
    })),
    ...told
      .filter(({ what }) => !areShown.has(what))
      .map(({ about, what }) => ({ about, what: `was told of ${what}` }))
  ]
}

const judgeView = (truths: ReadonlyArray<Truth>, view: View): ReadonlyArray<Disagreement> => {
  const others = byKey(truths.filter((truth) => keyOf(truth) !== keyOf(view)))
  const findings = said(compare(others, view.state), compare(others, view.told))
  const stale = view.state.filter((session) => session.stale)
  const who = nameOf(view)
  const wrong = (what: string, about?: Id): Disagreement => ({
    who,
    about: about && nameOf(about),
    what
  })
  return [
    ...(view.status === "Connected" ? [] : [wrong(`is not connected: ${view.status}`)]),
    ...findings.map(({ about, what }) => wrong(what, about)),
    ...stale.map((session) => wrong(`shows ${nameOf(session)} as stale`, session)),
    ...view.mistakes.map((mistake) => wrong(`was told nonsense: ${mistake}`))
  ]
}

/**
 * What the living clients have wrong: each must be connected and show exactly the other ones that
 * have said where they are, there, nobody stale; and must have been told the same.
 *
 * @example
 * judge(truths, views) // [] where all agree
 */
export const judge = (
  truths: ReadonlyArray<Truth>,
  views: ReadonlyArray<View>
): ReadonlyArray<Disagreement> => views.flatMap((view) => judgeView(truths, view))
