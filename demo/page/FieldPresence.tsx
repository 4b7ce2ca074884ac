import type { UserPresence } from "../../src/index.ts"
import { nameOf } from "../people.ts"
import { Avatar } from "./Avatar.tsx"
import { useGlide } from "./useGlide.ts"

interface FieldPresenceProps {
  readonly people: ReadonlyArray<UserPresence>
  readonly label: string
  /** The pane: an avatar glides within it, not from one to the other. */
  readonly scope: string
}

/** The avatars of those who are in a field. */
export function FieldPresence({ label, people, scope }: FieldPresenceProps) {
  if (people.length === 0) return null
  return (
    <ul className="field-presence" aria-label={`In ${label}`}>
      {people.map((person) => (
        <Occupant key={`${person.user.id} ${person.sessionId}`} person={person} scope={scope} />
      ))}
    </ul>
  )
}

function Occupant({ person, scope }: { person: UserPresence; scope: string }) {
  const { sessionId, stale, user } = person
  const name = nameOf(user)
  const ref = useGlide<HTMLLIElement>(`${scope} ${user.id} ${sessionId}`)
  return (
    <li
      ref={ref}
      title={name}
      data-user-id={user.id}
      data-session-id={sessionId}
      data-stale={stale}
    >
      <Avatar userId={user.id} name={name} size="small" />
      <span className="visually-hidden">{name}</span>
    </li>
  )
}
