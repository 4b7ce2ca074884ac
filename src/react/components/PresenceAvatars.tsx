"use client"

import type { ReactNode } from "react"
import { hueOf } from "./hue.ts"
import { onePerPerson, type Present, type PresentPerson } from "./people.ts"
import { PresenceAvatar } from "./PresenceAvatar.tsx"
import { visuallyHidden } from "./visuallyHidden.ts"

/**
 * How avatars look, wherever they stand.
 *
 * @example
 * const options: AvatarsOptions = { label: "In Title", max: 3, className: "avatars" }
 */
export interface AvatarsOptions {
  /** What the list is called, for those who can't see it: `In Title`. */
  readonly label: string
  /** The most avatars; how many more there are follows as `+2`. All of them unless given. */
  readonly max?: number | undefined
  /** Of the list. */
  readonly className?: string | undefined
  /** What a person is called: in the text of their avatar and its title. The display name unless given. */
  readonly nameOf?: ((person: PresentPerson) => string) | undefined
  /** What is seen of a person, in place of a {@link PresenceAvatar}; their name stands beside it anyway. */
  readonly renderAvatar?: ((person: PresentPerson) => ReactNode) | undefined
}

/** The props of {@link PresenceAvatars}. */
export interface PresenceAvatarsProps extends AvatarsOptions {
  /** What `usePresence`, `usePresenceForDocument` or `usePresenceField` gives. */
  readonly presence: ReadonlyArray<Present>
}

const displayNameOf = ({ user }: PresentPerson): string => user.displayName

/**
 * One avatar for each person, however many tabs they have; nothing where there is nobody. It has no
 * styles: the items carry `data-user-id`, `data-hue` (0 to 11, a user's colour), `data-activity` and
 * `data-stale`, the one that counts the rest `data-more`.
 *
 * @example
 * const { presence } = usePresenceForDocument({ documentId: "book", path: ["title"] })
 * <PresenceAvatars presence={presence} label="In Title" max={3} />
 */
export function PresenceAvatars({
  className,
  label,
  max = Number.POSITIVE_INFINITY,
  nameOf = displayNameOf,
  presence,
  renderAvatar
}: PresenceAvatarsProps): ReactNode {
  const people = onePerPerson(presence)
  if (people.length === 0) return null
  const shown = people.slice(0, Math.max(0, max))
  const rest = people.slice(shown.length)
  const restNames = rest.map(nameOf).join(", ")
  return (
    // A role of its own: Safari takes a list without bullets for none.
    <ul className={className} role="list" aria-label={label} data-presence="avatars">
      {shown.map((person) => {
        const { activity, stale, user } = person
        const name = nameOf(person)
        return (
          <li
            key={user.id}
            title={name}
            data-user-id={user.id}
            data-hue={hueOf(user.id)}
            data-activity={activity}
            data-stale={stale}
          >
            {renderAvatar === undefined ? (
              <PresenceAvatar user={user} name={name} />
            ) : (
              renderAvatar(person)
            )}
            <span {...visuallyHidden}>{name}</span>
          </li>
        )
      })}
      {rest.length > 0 && (
        <li title={restNames} data-more="">
          <span aria-hidden="true">+{rest.length}</span>
          <span {...visuallyHidden}>{restNames}</span>
        </li>
      )}
    </ul>
  )
}
