import type { Path } from "../../Location.ts"
import type { DocumentPresence } from "../../RoomSources.ts"

/**
 * What became of the people in a document between two looks at it, by name.
 *
 * @example
 * const inGerman = ({ came }: PresenceNews) => came.length > 0 ? `${came.join(", ")} ist da.` : ""
 * <PresenceAnnouncer documentId="book" describe={inGerman} />
 */
export interface PresenceNews {
  /** The names of those who were not there before. */
  readonly came: ReadonlyArray<string>
  /** The names of those who are there no more. */
  readonly left: ReadonlyArray<string>
  /** Those who are at another place, and which. */
  readonly moved: ReadonlyArray<{
    /** What the person is called. */
    readonly name: string
    /** The place, in words; empty is the document as a whole. */
    readonly to: string
  }>
}

/** A place in words. Where two are called the same, nobody moves between them. */
export type DescribePath = (path: Path) => string

/** The field at the top: a person who works within it stays there. */
export const topField: DescribePath = ([field]) => (typeof field === "string" ? field : "")

/**
 * What is new since `before`. Who came and left in between is no news.
 *
 * @example
 * newsBetween(before, presence, topField).came // ["Ada Lovelace"]
 */
export const newsBetween = (
  before: ReadonlyArray<DocumentPresence>,
  after: ReadonlyArray<DocumentPresence>,
  describePath: DescribePath
): PresenceNews => {
  // The last place of each person counts: it is the one they went to.
  const peopleIn = (presence: ReadonlyArray<DocumentPresence>) =>
    new Map(
      presence.map(({ path, user }) => [
        user.id,
        { name: user.displayName, to: describePath(path) }
      ])
    )
  const old = peopleIn(before)
  const now = peopleIn(after)
  return {
    came: [...now].flatMap(([id, { name }]) => (old.has(id) ? [] : [name])),
    left: [...old].flatMap(([id, { name }]) => (now.has(id) ? [] : [name])),
    moved: [...now].flatMap(([id, person]) =>
      (old.get(id) ?? person).to === person.to ? [] : [person]
    )
  }
}

/** The most people that a sentence names. */
const mostNames = 3

const listOf = (names: ReadonlyArray<string>): string => {
  const more = names.length - mostNames
  const named = more > 0 ? [...names.slice(0, mostNames), `${more} more`] : names
  return named.length < 2 ? named.join("") : `${named.slice(0, -1).join(", ")} and ${named.at(-1)}`
}

/**
 * News as one sentence, empty where there are none.
 *
 * @param label what the document is called
 *
 * @example
 * describeNews(news, "A book") // "Ada Lovelace came to A book; Alan Turing went to title."
 */
export const describeNews = (
  { came, left, moved }: PresenceNews,
  label = "this document"
): string => {
  const parts: Array<string> = []
  if (came.length > 0) parts.push(`${listOf(came)} came to ${label}`)
  if (left.length > 0) parts.push(`${listOf(left)} left ${label}`)
  if (moved.length > 1) parts.push(`${listOf(moved.map(({ name }) => name))} moved`)
  else for (const { name, to } of moved) parts.push(`${name} went to ${to || label}`)
  return parts.length === 0 ? "" : `${parts.join("; ")}.`
}
