import { FieldPresence, usePresenceField } from "../../src/react/index.ts"

/** A form that shows who is in its title. */
export function BookForm({ documentId }: { readonly documentId: string }) {
  const title = usePresenceField({ documentId, path: ["title"] })
  return (
    <div>
      <label>
        Title
        <input {...title.props} />
      </label>
      {/* Beside the label: in it, who is there would be part of the input's name. */}
      <FieldPresence documentId={documentId} path={["title"]} label="In the title" />
      {title.presence.length > 0 && (
        <em>{title.presence.map(({ user }) => user.displayName).join(", ")} here, too</em>
      )}
    </div>
  )
}
