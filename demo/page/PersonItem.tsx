import type { UserPresence } from "../../src/index.ts"
import { keyLabels, titleOf } from "../documents.ts"
import { nameOf } from "../people.ts"
import { Avatar } from "./Avatar.tsx"
import { formatPath } from "./formatPath.ts"

/** Someone else, and where they are. */
export function PersonItem({ person }: { person: UserPresence }) {
  const { locations, sessionId, stale, user } = person
  const [location] = locations
  const name = nameOf(user)
  return (
    <li
      className="person"
      data-user-id={user.id}
      data-session-id={sessionId}
      data-document-id={location?.documentId}
      data-path={JSON.stringify(location?.path ?? [])}
      data-stale={stale}
    >
      <Avatar userId={user.id} name={name} size="medium" />
      <p className="person-name" title={name}>
        {name}
        {stale && <span className="person-stale"> · not live</span>}
      </p>
      {location === undefined ? (
        <p className="person-place">In no document</p>
      ) : (
        <p className="person-place">
          <span>{formatPath(location.path, keyLabels) || "The whole document"}</span>
          <span className="person-document">{titleOf(location.documentId)}</span>
        </p>
      )}
    </li>
  )
}
