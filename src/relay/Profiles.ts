/**
 * Profiles of users, in the shapes in which Sanity's API answers. They are invented from the user
 * id: the relay has no directory of people. Pure.
 */
import { displayNameOf, type RelayUser } from "./RelayAuth.ts"

/** A user as `/users/<id>` answers. There is no `imageUrl`: clients draw initials then. */
export interface FlatProfile {
  readonly id: string
  readonly sanityUserId: string
  readonly displayName: string
  readonly givenName: string
  readonly familyName: string | null
  readonly middleName: string | null
  readonly email: string
  readonly provider: string
  /** ISO 8601. */
  readonly createdAt: string
  /** ISO 8601. Never absent: `@sanity/sdk` tells a loaded profile from none by it. */
  readonly updatedAt: string
  readonly isCurrentUser: boolean
}

/** A user as `/access/<resource>/<id>/users/<id>` answers. */
export interface NestedProfile {
  readonly sanityUserId: string
  readonly profile: Omit<FlatProfile, "sanityUserId" | "familyName" | "middleName"> & {
    readonly familyName?: string
  }
  readonly memberships: ReadonlyArray<{
    readonly addedAt: string
    readonly resourceType: string
    readonly resourceId: string
    readonly roleNames: ReadonlyArray<string>
  }>
}

/** The user of the token, as `/users/me` answers. */
export interface CurrentUser extends FlatProfile {
  readonly name: string
  readonly role: string
  readonly roles: ReadonlyArray<{
    readonly name: string
    readonly title: string
    readonly description: string
  }>
}

/** What membership of an organization or a project is asked for. */
export type ResourceType = "project" | "organization"

/** The organization that every canvas belongs to here. */
export const organizationId = "development"

/** Part of every profile; a fixed date, so that the same id always has the same profile. */
const invented = {
  provider: "development",
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z"
} as const

/**
 * The flat profile of a user id.
 *
 * @example
 * flatProfile("p-ada-lovelace").displayName // "Ada Lovelace"
 */
export const flatProfile = (id: string, displayName = displayNameOf(id)): FlatProfile => {
  const [givenName = displayName, ...rest] = displayName.split(" ")
  return {
    id,
    sanityUserId: id,
    displayName,
    givenName,
    familyName: rest.length === 0 ? null : rest.join(" "),
    middleName: null,
    email: `${displayName.toLowerCase().replaceAll(" ", ".")}@example.com`,
    ...invented,
    isCurrentUser: false
  }
}

/**
 * The nested profile of a user id, as a member of a project or an organization.
 *
 * @example
 * nestedProfile("g-ada", "project", "demo").profile.displayName // "Ada"
 */
export const nestedProfile = (
  id: string,
  resourceType: ResourceType,
  resourceId: string
): NestedProfile => {
  const { familyName, middleName: _, sanityUserId, ...profile } = flatProfile(id)
  return {
    sanityUserId,
    profile: { ...profile, ...(familyName === null ? {} : { familyName }) },
    memberships: [
      { addedAt: profile.createdAt, resourceType, resourceId, roleNames: ["developer"] }
    ]
  }
}

/**
 * The profile of the user that a token belongs to.
 *
 * @example
 * currentUser({ id: UserId.make("p-ada"), displayName: "Ada" }).name // "Ada"
 */
export const currentUser = (user: RelayUser): CurrentUser => ({
  ...flatProfile(user.id, user.displayName),
  isCurrentUser: true,
  name: user.displayName,
  role: "developer",
  roles: [{ name: "developer", title: "Developer", description: "A user of a development relay" }]
})
