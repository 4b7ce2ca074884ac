import type { UserPresence } from "../../src/index.ts"
import { PersonItem } from "./PersonItem.tsx"

/** Everyone else in the room and where they are. */
export function PeopleList({ people }: { people: ReadonlyArray<UserPresence> }) {
  return (
    <section className="people">
      <h3>
        Also here <span className="count">{people.length}</span>
      </h3>
      <ul data-testid="people">
        {people.map((person) => (
          <PersonItem key={`${person.user.id} ${person.sessionId}`} person={person} />
        ))}
      </ul>
      {people.length === 0 && <p className="nobody">Nobody else, so far.</p>}
    </section>
  )
}
