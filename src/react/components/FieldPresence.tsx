"use client"

import type { ReactNode } from "react"
import type { Path } from "../../Location.ts"
import type { DocumentQuery } from "../../PresenceQuery.ts"
import { usePresenceForDocument } from "../usePresenceForDocument.ts"
import { type AvatarsOptions, PresenceAvatars } from "./PresenceAvatars.tsx"

/** The props of {@link FieldPresence}: of which field, and how the avatars look. */
export interface FieldPresenceProps extends Omit<DocumentQuery, "excludeVersions">, AvatarsOptions {
  /** The field, from the document; keyed segments compare by key. */
  readonly path: Path
}

/**
 * Avatars of those who are in a field, or in a field within it, of exactly this document: not of
 * another version of it.
 *
 * @throws PresenceError where there is no `PresenceProvider` above
 *
 * @example
 * <FieldPresence documentId="book" path={["title"]} label="In Title" />
 */
export function FieldPresence(props: FieldPresenceProps): ReactNode {
  const { presence } = usePresenceForDocument({ ...props, excludeVersions: true })
  return <PresenceAvatars {...props} presence={presence} />
}
