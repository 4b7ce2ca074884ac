/**
 * A person as shown to others.
 */
import type { UserId } from "./Session.ts"

/** A person as shown to others. */
export interface UserProfile {
  /** Whose it is. */
  readonly id: UserId
  /** What the person is called. The id until the profile is known, and where Sanity has no name. */
  readonly displayName: string
  /** The address of a picture, which Sanity or the relay gives. Without one, show initials. */
  readonly imageUrl?: string | undefined
}
