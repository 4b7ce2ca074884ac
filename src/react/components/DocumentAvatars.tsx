"use client"

import type { ReactNode } from "react"
import type { DocumentQuery } from "../../PresenceQuery.ts"
import { usePresenceForDocument } from "../usePresenceForDocument.ts"
import { type AvatarsOptions, PresenceAvatars } from "./PresenceAvatars.tsx"

/** The props of {@link DocumentAvatars}: of whom, and how they look. */
export interface DocumentAvatarsProps extends DocumentQuery, Partial<AvatarsOptions> {}

/**
 * Avatars of those who are in a document, in whichever version of it: for a list of documents.
 *
 * @throws PresenceError where there is no `PresenceProvider` above
 *
 * @example
 * <DocumentAvatars documentId="book" label="In A book" max={3} />
 */
export function DocumentAvatars({
  label = "In this document",
  ...rest
}: DocumentAvatarsProps): ReactNode {
  const { presence } = usePresenceForDocument(rest)
  return <PresenceAvatars {...rest} label={label} presence={presence} />
}
