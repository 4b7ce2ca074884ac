import type { Activity } from "../../PresenceState.ts"
import type { UserProfile } from "../../UserProfile.ts"

/** Someone somewhere, as the hooks give them: `UserPresence` and `DocumentPresence` are such. */
export interface Present {
  /** Who it is. */
  readonly user: UserProfile
  /** Whether they are known from before the connection was lost, and not heard from since. */
  readonly stale: boolean
  /** Whether they do something, by this machine's clock. */
  readonly activity: Activity
}

/** A person, in however many tabs and places: as live and as active as the liveliest of them. */
export type PresentPerson = Present

const liveliest: ReadonlyArray<Activity> = ["active", "unknown", "idle", "away"]

const livelier = (a: Activity, b: Activity): Activity =>
  liveliest.indexOf(a) < liveliest.indexOf(b) ? a : b

/**
 * Each person once, in the order in which they came.
 *
 * @example
 * onePerPerson(presence).map(({ user }) => user.displayName)
 */
export const onePerPerson = (presence: ReadonlyArray<Present>): ReadonlyArray<PresentPerson> => {
  const people = new Map<string, PresentPerson>()
  for (const { activity, stale, user } of presence) {
    const known = people.get(user.id)
    people.set(user.id, {
      user,
      stale: stale && known?.stale !== false,
      activity: known === undefined ? activity : livelier(known.activity, activity)
    })
  }
  return Array.from(people.values())
}
