import { hueClass } from "./colour.ts"
import { initialsOf } from "../../src/react/index.ts"

interface AvatarProps {
  readonly userId: string
  readonly name: string
  readonly size: "small" | "medium" | "large"
}

/** A disc with initials, in the colour of the user. The name must stand beside it for those who can't see it. */
export function Avatar({ name, size, userId }: AvatarProps) {
  return (
    <span className={`avatar avatar-${size} ${hueClass(userId)}`} aria-hidden="true">
      {initialsOf(name)}
    </span>
  )
}
