import { PresenceAvatar, type PresentPerson } from "../../src/react/index.ts"
import { nameOf } from "../people.ts"
import { useGlide } from "./useGlide.ts"

/** The name in the text of an avatar, with what a dimmed one looks like. */
export const describePerson = ({ activity, stale, user }: PresentPerson): string => {
  const name = nameOf(user)
  if (stale) return `${name}, not live`
  return activity === "idle" || activity === "away" ? `${name}, ${activity}` : name
}

/** The avatar of someone in a list. */
export const smallAvatar = ({ user }: PresentPerson) => (
  <PresenceAvatar user={user} name={nameOf(user)} className="avatar" />
)

/** An avatar that glides to where its person goes. */
export function GlidingAvatar({ person, scope }: { person: PresentPerson; scope: string }) {
  // The pane: an avatar glides within it, not from one to the other.
  const ref = useGlide<HTMLSpanElement>(`${scope} ${person.user.id}`)
  return (
    <span ref={ref} className="glide">
      {smallAvatar(person)}
    </span>
  )
}
