"use client"

import { type FocusEvent, useState } from "react"
import type { ReportedLocation } from "../Location.ts"
import type { DocumentPresence } from "../RoomSources.ts"
import { usePresenceForDocument } from "./usePresenceForDocument.ts"
import { useReportPresence } from "./useReportPresence.ts"

/** What {@link usePresenceField} returns. */
export interface UsePresenceField {
  /** To spread on the input, or on whatever holds the inputs of the field. */
  readonly props: {
    /** Reports the field. */
    readonly onFocus: () => void
    /** Takes that back, unless the focus goes to another input within it. */
    readonly onBlur: (event: FocusEvent) => void
  }
  /** Who else is in the field. */
  readonly presence: ReadonlyArray<DocumentPresence>
  /** Whether this session is. */
  readonly isFocused: boolean
}

/**
 * One field of a form: reports it while it has the focus, and tells who else is in it, in exactly this
 * document, not in another version of it.
 *
 * @throws PresenceError where there is no {@link PresenceProvider} above
 *
 * @example
 * const { presence, props } = usePresenceField({ documentId: "book", path: ["title"] })
 * <input {...props} />
 * <PresenceAvatars presence={presence} label="In Title" />
 */
export const usePresenceField = (field: ReportedLocation): UsePresenceField => {
  const [isFocused, setFocused] = useState(false)
  useReportPresence(isFocused ? field : undefined)
  const { selection: _, ...query } = field
  const { presence } = usePresenceForDocument({ ...query, excludeVersions: true })
  return {
    presence,
    isFocused,
    props: {
      onFocus: () => setFocused(true),
      onBlur: ({ currentTarget, relatedTarget }) => {
        // From one input of the field to another is no way out of it.
        const isWithin = relatedTarget instanceof Node && currentTarget.contains(relatedTarget)
        if (!isWithin) setFocused(false)
      }
    }
  }
}
