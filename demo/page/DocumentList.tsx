import { DocumentAvatars } from "../../src/react/index.ts"
import { documents } from "../documents.ts"
import { describePerson, smallAvatar } from "./avatars.tsx"

/** The documents and who is in each, in whichever version of it. */
export function DocumentList() {
  return (
    <section className="documents">
      <h3>Documents</h3>
      <ul data-testid="documents">
        {documents.map(({ id, title }) => (
          <li key={id} className="document-row" data-document-id={id}>
            <span className="document-title" title={title}>
              {title}
            </span>
            <DocumentAvatars
              className="avatars"
              documentId={id}
              label={`In ${title}`}
              max={3}
              nameOf={describePerson}
              renderAvatar={smallAvatar}
            />
          </li>
        ))}
      </ul>
    </section>
  )
}
