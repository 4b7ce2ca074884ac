import { usePresenceField } from "../../src/react/index.ts"
import { type Field, testDocument } from "../documents.ts"
import { FieldHead } from "./FieldHead.tsx"
import { occupied } from "./occupied.ts"

/** What a field is given, whatever its kind. */
export interface FormFieldProps {
  readonly pane: number
  readonly field: Field
  /** Whether the autopilot is here. */
  readonly isAutopilot: boolean
  readonly onFocus: (field: Field) => void
  readonly onBlur: () => void
}

/** A field with its label, and those who are in it. */
export function FormField({ field, isAutopilot, onBlur, onFocus, pane }: FormFieldProps) {
  const { isFocused, presence, props } = usePresenceField({
    documentId: testDocument.id,
    path: field.path
  })
  const id = `${pane}-${field.name}`
  const isSelf = isAutopilot || isFocused
  const input = {
    id,
    defaultValue: field.value,
    autoComplete: "off",
    onFocus: () => {
      props.onFocus()
      onFocus(field)
    },
    onBlur: (event: React.FocusEvent) => {
      props.onBlur(event)
      onBlur()
    }
  }
  return (
    <div className="field" data-field={field.name} data-self={isSelf} {...occupied(presence)}>
      <FieldHead label={field.label} pane={pane} presence={presence} isSelf={isSelf}>
        <label htmlFor={id}>{field.label}</label>
      </FieldHead>
      {field.rows > 1 ? (
        <textarea rows={field.rows} {...input} />
      ) : (
        <input type="text" {...input} />
      )}
    </div>
  )
}
