import {
  PresenceProvider,
  usePresence,
  usePresenceField,
  usePresenceStatus
} from "../../src/react/index.ts"

/** What the server tells the page: where the room is, and a token for its visitor. */
export interface Room {
  readonly projectId: string
  readonly dataset: string
  readonly apiHost: string | undefined
  readonly token: string | undefined
}

function Form() {
  const { locations } = usePresence()
  const { description } = usePresenceStatus()
  const title = usePresenceField({ documentId: "book", path: ["title"] })
  return (
    <main>
      <h1>A book</h1>
      <label>
        Title <input {...title.props} />
      </label>
      <p role="status">{description}</p>
      <ul aria-label="Who is here">
        {locations.map(({ locations, sessionId, user }) => (
          <li key={sessionId}>
            {user.displayName} in {locations[0]?.documentId ?? "no document"}
          </li>
        ))}
      </ul>
    </main>
  )
}

/** The same on the server, where nobody is known and nothing connects, and in the browser. */
export function App({ room }: { readonly room: Room }) {
  return (
    <PresenceProvider {...room}>
      <Form />
    </PresenceProvider>
  )
}
