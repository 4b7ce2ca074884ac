import type { ReactNode } from "react"
import type { DocumentPresence } from "../../src/index.ts"
import { PresenceAvatars } from "../../src/react/index.ts"
import { describePerson, GlidingAvatar } from "./avatars.tsx"

interface FieldHeadProps {
  readonly label: string
  readonly pane: number
  readonly presence: ReadonlyArray<DocumentPresence>
  /** Whether the person of this pane is here. */
  readonly isSelf: boolean
  /** The label, as it belongs to the input. */
  readonly children: ReactNode
}

/** The label of a field, and those who are in it. */
export function FieldHead({ children, isSelf, label, pane, presence }: FieldHeadProps) {
  return (
    <div className="field-head">
      {children}
      {isSelf && <span className="you">You</span>}
      <PresenceAvatars
        className="avatars"
        presence={presence}
        label={`In ${label}`}
        max={4}
        nameOf={describePerson}
        renderAvatar={(person) => <GlidingAvatar person={person} scope={String(pane)} />}
      />
    </div>
  )
}
