import { authors, bodyField, type Field, mainFields, testDocument } from "../documents.ts"
import { BodyField } from "./BodyField.tsx"
import { FormField } from "./FormField.tsx"
import type { Place } from "./useAutopilot.ts"

interface DocumentFormProps {
  /** Keeps the ids of the two panes apart. */
  readonly pane: number
  /** Where the autopilot is, while it is on. */
  readonly autopilot: Place | undefined
  readonly onFocus: (field: Field) => void
  readonly onBlur: () => void
}

/** The test document. What is typed stays here: presence carries no content. */
export function DocumentForm({ autopilot, onBlur, onFocus, pane }: DocumentFormProps) {
  const propsOf = (field: Field) => ({
    pane,
    field,
    isAutopilot: field === autopilot?.field,
    onFocus,
    onBlur
  })
  const toField = (field: Field) => <FormField key={field.name} {...propsOf(field)} />
  return (
    <form className="document-form" aria-labelledby={`pane-${pane} ${pane}-document`}>
      <h3 id={`${pane}-document`}>{testDocument.title}</h3>
      {mainFields.map(toField)}
      <BodyField {...propsOf(bodyField)} />
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
