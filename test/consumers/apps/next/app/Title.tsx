"use client"

import { usePresenceField, usePresenceStatus } from "effect-sanity-presence/react"

export function Title() {
  const { presence, props } = usePresenceField({ documentId: "book", path: ["title"] })
  const { status } = usePresenceStatus()
  return (
    <label data-status={status._tag}>
      Title <input {...props} />
      <output>{presence.map(({ user }) => user.displayName).join(", ")}</output>
    </label>
  )
}
