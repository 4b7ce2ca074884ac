import { usePresence as useSdkPresence } from "@sanity/sdk-react"
import type { Path } from "../../src/index.ts"
import {
  DocumentAvatars,
  PresenceAvatars,
  usePresence,
  usePresenceField
} from "../../src/react/index.ts"

/** A form with one person per field, and beside it the same room as the App SDK sees it. */
export function Book() {
  return (
    <main>
      <h1>A book</h1>
      <DocumentAvatars documentId="book" label="In the book" />
      <Field name="Title" path={["title"]} />
      <Field name="Body" path={["body"]} />
      <SdkRoom />
    </main>
  )
}

function Field({ name, path }: { readonly name: string; readonly path: Path }) {
  const { presence, props } = usePresenceField({ documentId: "book", path })
  return (
    <div>
      <label>
        {name} <input {...props} />
      </label>
      <PresenceAvatars presence={presence} label={`In ${name}`} />
    </div>
  )
}

/** To the SDK, what our hooks report is one more session in the room, so it is left out here. */
function SdkRoom() {
  const own = usePresence(({ self }) => self.sessionId)
  const { locations } = useSdkPresence()
  return (
    <ul aria-label="In the room, as the App SDK sees it">
      {locations
        .filter(({ sessionId }) => sessionId !== own)
        .map(({ locations, sessionId, user }) => (
          <li key={sessionId}>
            {user.profile.displayName}
            {locations.map(({ documentId, path }) => ` ${documentId} ${JSON.stringify(path)}`)}
          </li>
        ))}
    </ul>
  )
}
