import type { UserPresence } from "../../src/index.ts"
import { authors, type Field, mainFields, testDocument } from "../documents.ts"
import { FormField } from "./FormField.tsx"

interface DocumentFormProps {
  /** Keeps the ids of the two panes apart. */
  readonly pane: number
  readonly people: ReadonlyArray<UserPresence>
  /** Where the person of this pane is. */
  readonly current: Field
  readonly onFocus: (field: Field) => void
}

/** The test document. What is typed stays here: presence carries no content. */
export function DocumentForm({ current, onFocus, pane, people }: DocumentFormProps) {
  const toField = (field: Field) => (
    <FormField
      key={field.name}
      id={`${pane}-${field.name}`}
      field={field}
      people={people}
      isSelf={field === current}
      onFocus={onFocus}
    />
  )
  return (
    <form className="document" aria-labelledby={`pane-${pane} ${pane}-document`}>
      <h3 id={`${pane}-document`}>{testDocument.title}</h3>
      {mainFields.map(toField)}
      <fieldset>
        <legend>Authors</legend>
        <ul className="authors">
          {authors.map(({ key, name, role }) => (
            <li key={key} className="author">
              {toField(name)}
              {toField(role)}
            </li>
          ))}
        </ul>
      </fieldset>
    </form>
  )
}
