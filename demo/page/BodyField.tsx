import {
  defineSchema,
  defineTextBlock,
  EditorProvider,
  type EditorSnapshot,
  PortableTextEditable,
  useEditor,
  useEditorSelector
} from "@portabletext/editor"
import { NodePlugin } from "@portabletext/editor/plugins"
import { useMemo } from "react"
import { usePresenceField } from "../../src/react/index.ts"
import { body } from "../body.ts"
import { testDocument } from "../documents.ts"
import { FieldHead } from "./FieldHead.tsx"
import type { FormFieldProps } from "./FormField.tsx"
import { occupied } from "./occupied.ts"
import { useCarets } from "./useCarets.ts"

const schemaDefinition = defineSchema({
  decorators: [{ name: "strong" }, { name: "em" }],
  styles: [{ name: "normal" }, { name: "h4" }]
})

const nodes = [
  defineTextBlock({
    type: "block",
    render: ({ attributes, children, node }) => (
      <div {...attributes} className="block" data-style={node.style}>
        {children}
      </div>
    )
  })
]

/** The editor has its own copy: what is typed stays here. */
const initialConfig = () => ({ schemaDefinition, initialValue: structuredClone([...body]) })

/** The Portable Text of the document, with the carets of others in it. */
export function BodyField(props: FormFieldProps) {
  const config = useMemo(initialConfig, [])
  return (
    <EditorProvider initialConfig={config}>
      <NodePlugin nodes={nodes} />
      <Body {...props} />
    </EditorProvider>
  )
}

const getSelection = ({ context }: EditorSnapshot) => context.selection

function Body({ field, isAutopilot, onBlur, onFocus, pane }: FormFieldProps) {
  const editor = useEditor()
  const selection = useEditorSelector(editor, getSelection)
  const { isFocused, presence, props } = usePresenceField({
    documentId: testDocument.id,
    path: field.path,
    selection
  })
  useCarets(editor, presence)
  const id = `${pane}-${field.name}`
  const isSelf = isAutopilot || isFocused
  return (
    <div className="field" data-field={field.name} data-self={isSelf} {...occupied(presence)}>
      <FieldHead label={field.label} pane={pane} presence={presence} isSelf={isSelf}>
        <span id={id} className="label">
          {field.label}
        </span>
      </FieldHead>
      <PortableTextEditable
        className="editor"
        role="textbox"
        aria-multiline="true"
        aria-labelledby={id}
        onFocus={() => {
          props.onFocus()
          onFocus(field)
        }}
        onBlur={(event) => {
          props.onBlur(event)
          onBlur()
        }}
      />
    </div>
  )
}
