/** Presence as a plugin of a Studio: its client is all that is needed. */
import { PresenceAvatars, PresenceProvider, usePresenceField } from "../../../src/react/index.ts"
import { type FieldProps, type LayoutProps, type Plugin, useClient } from "../host/StudioHost.tsx"

function Layout({ children }: LayoutProps) {
  const client = useClient({ apiVersion: "2026-01-01" })
  return <PresenceProvider client={client}>{children}</PresenceProvider>
}

function Field({ children, documentId, path, title }: FieldProps) {
  const { presence, props } = usePresenceField({ documentId, path })
  return (
    <div {...props}>
      {children}
      <PresenceAvatars presence={presence} label={`In ${title}`} />
    </div>
  )
}

export const presence: Plugin = { layout: Layout, field: Field }
