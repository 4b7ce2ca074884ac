import { usePresence } from "../../src/react/index.ts"
import { PersonItem } from "./PersonItem.tsx"

/** Everyone else in the room and where they are. Without a connection, an empty list says nothing. */
export function PeopleList() {
  const { locations: people, status } = usePresence()
  const isKnown = status._tag === "Connected" || people.length > 0
  return (
    <section className="people">
      <h3>
        Also here <span className="count">{isKnown ? people.length : "?"}</span>
      </h3>
      <ul data-testid="people">
        {people.map((person) => (
          <PersonItem key={`${person.user.id} ${person.sessionId}`} person={person} />
        ))}
      </ul>
      {people.length === 0 && (
        <p className="nobody">
          {isKnown ? "Nobody else, so far." : "Nobody can be seen without a connection."}
        </p>
      )}
    </section>
  )
}
