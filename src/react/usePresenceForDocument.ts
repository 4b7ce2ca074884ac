"use client"

import { type DocumentQuery, prepare } from "../PresenceQuery.ts"
import type { DocumentPresence } from "../RoomSources.ts"
import { useDocumentRef, usePresenceHandle } from "./PresenceContext.ts"
import { useKept } from "./useKept.ts"
import { useStateSource } from "./useStateSource.ts"

/** What {@link usePresenceForDocument} returns. */
export interface UsePresenceForDocument {
  /** One entry per person and place, in the order in which they joined; the identical array until one changes. */
  readonly presence: ReadonlyArray<DocumentPresence>
}

/**
 * Who else is in a document, at or below a path. Renders again only when that changes, whatever goes
 * on in other documents. The query may be written inline. Reading announces nothing.
 *
 * By default a draft, its published document and its versions are one, which is what a list of
 * documents wants; a field wants `excludeVersions`.
 *
 * @throws PresenceError where there is no {@link PresenceProvider} above
 *
 * @example
 * const { presence } = usePresenceForDocument({
 *   documentId: "book",
 *   path: ["title"],
 *   excludeVersions: true
 * })
 * return presence.map(({ sessionId, user }) => <Avatar key={sessionId} user={user} />)
 */
export const usePresenceForDocument = (query: DocumentQuery): UsePresenceForDocument => {
  const handle = usePresenceHandle()
  const resolved = useDocumentRef(query)
  const { key } = prepare(resolved)
  const source = useKept([handle, key], () => handle.getDocumentPresence(resolved))
  return { presence: useStateSource(source) }
}
