import type { UserPresence } from "../../src/index.ts"
import { type Field, testDocument } from "../documents.ts"
import { hueClass } from "./colour.ts"
import { FieldPresence } from "./FieldPresence.tsx"
import { inField } from "./inField.ts"

interface FormFieldProps {
  readonly id: string
  readonly field: Field
  readonly people: ReadonlyArray<UserPresence>
  /** Whether the person of this pane is here. */
  readonly isSelf: boolean
  readonly onFocus: (field: Field) => void
}

/** A field with its label, and those who are in it. */
export function FormField({ field, id, isSelf, onFocus, people }: FormFieldProps) {
  const here = inField(people, testDocument.id, field.path)
  const first = here.find(({ stale }) => !stale)
  const input = {
    id,
    defaultValue: field.value,
    autoComplete: "off",
    onFocus: () => onFocus(field)
  }
  const occupied = first === undefined ? "" : ` is-occupied ${hueClass(first.user.id)}`
  return (
    <div className={`field${occupied}`} data-field={field.name} data-self={isSelf}>
      <div className="field-head">
        <label htmlFor={id}>{field.label}</label>
        {isSelf && <span className="you">You</span>}
        <FieldPresence people={here} label={field.label} scope={id.slice(0, 1)} />
      </div>
      {field.rows > 1 ? (
        <textarea rows={field.rows} {...input} />
      ) : (
        <input type="text" {...input} />
      )}
    </div>
  )
}
