"use client"

import { type ReactNode, useState } from "react"
import type { UserProfile } from "../../UserProfile.ts"
import { initialsOf } from "./initials.ts"

/** The props of {@link PresenceAvatar}. */
export interface PresenceAvatarProps {
  /** Whose it is. */
  readonly user: UserProfile
  /** For the initials, where the display name is not what the person is called. */
  readonly name?: string | undefined
  /** Of the picture, and of the initials. */
  readonly className?: string | undefined
}

/** Profiles come from others: nothing but a picture is ever loaded, and no script is a picture. */
const isPicture = (url: string): boolean => /^(https?:\/\/|data:image\/)/i.test(url)

/**
 * The picture of a person, or their initials where there is none or it does not load. It says nothing
 * to those who can't see it: the name must stand beside it.
 *
 * @example
 * <PresenceAvatar user={user} /> {user.displayName}
 */
export function PresenceAvatar({ className, name, user }: PresenceAvatarProps): ReactNode {
  const [broken, setBroken] = useState<string>()
  const url = user.imageUrl
  return url !== undefined && url !== broken && isPicture(url) ? (
    <img
      className={className}
      src={url}
      alt=""
      referrerPolicy="no-referrer"
      onError={() => setBroken(url)}
    />
  ) : (
    <span className={className} aria-hidden="true">
      {initialsOf(name ?? user.displayName)}
    </span>
  )
}
