import type { UserPresence } from "../../src/index.ts"
import { hueOf, PresenceAvatar } from "../../src/react/index.ts"
import { keyLabels, titleOf } from "../documents.ts"
import { nameOf } from "../people.ts"
import { versionTitleOf } from "../perspectives.ts"
import { formatPath } from "./formatPath.ts"

/** What is worth a word about someone's session. */
const stateOf = ({ activity, stale }: UserPresence): string | undefined => {
  if (stale) return "not live"
  return activity === "idle" || activity === "away" ? activity : undefined
}

/** Someone else, and where they are. */
export function PersonItem({ person }: { person: UserPresence }) {
  const { activity, locations, sessionId, stale, user } = person
  const [location] = locations
  const name = nameOf(user)
  const state = stateOf(person)
  return (
    <li
      className="person"
      data-user-id={user.id}
      data-session-id={sessionId}
      data-document-id={location?.documentId}
      data-path={JSON.stringify(location?.path ?? [])}
      data-hue={hueOf(user.id)}
      data-activity={activity}
      data-stale={stale}
    >
      <PresenceAvatar user={user} name={name} className="avatar avatar-medium" />
      <p className="person-name" title={name}>
        {name}
        {state !== undefined && <span className="person-state"> · {state}</span>}
      </p>
      {location === undefined ? (
        <p className="person-place">In no document</p>
      ) : (
        <p className="person-place">
          <span>{formatPath(location.path, keyLabels) || "The whole document"}</span>
          <span className="person-document">
            {versionTitleOf(location.documentId)} · {titleOf(location.documentId)}
          </span>
        </p>
      )}
    </li>
  )
}
