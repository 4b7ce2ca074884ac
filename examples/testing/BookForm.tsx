import { FieldPresence, usePresenceField } from "../../src/react/index.ts"

/** A form that shows who is in its title. */
export function BookForm({ documentId }: { readonly documentId: string }) {
  const title = usePresenceField({ documentId, path: ["title"] })
  return (
    <label>
      Title
      <input {...title.props} />
      <FieldPresence documentId={documentId} path={["title"]} label="In the title" />
      {title.presence.length > 0 && (
        <em>{title.presence.map(({ user }) => user.displayName).join(", ")} here, too</em>
      )}
    </label>
  )
}
