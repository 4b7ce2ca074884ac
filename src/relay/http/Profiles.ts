/**
 * Profiles of users, in the shapes in which Sanity's API answers. Pure.
 */
import type { RelayUser } from "../RelayAuth.ts"

/** A user as `/users/<id>` answers. Without an `imageUrl` clients draw initials. */
export interface FlatProfile {
  readonly id: string
  readonly sanityUserId: string
  readonly displayName: string
  readonly givenName: string
  readonly familyName: string | null
  readonly middleName: string | null
  readonly email?: string
  readonly imageUrl?: string
  readonly provider: Provider
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
  /** What `/users/me` calls the `imageUrl`. */
  readonly profileImage?: string
  readonly role: string
  readonly roles: ReadonlyArray<{
    readonly name: string
    readonly title: string
    readonly description: string
  }>
}

/** Who vouches for a user: nobody, in development, or a relay that knows them. */
export type Provider = "development" | "relay"

/** What membership of an organization or a project is asked for. */
export type ResourceType = "project" | "organization"

/** The organization that every canvas belongs to here. */
export const organizationId = "development"

/** Part of every profile; a fixed date, so that the same id always has the same profile. */
const dates = {
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z"
} as const

/** The role of every user: what they may do in Sanity is not the relay's to say. */
const roleOf: { readonly [P in Provider]: CurrentUser["roles"][number] } = {
  development: {
    name: "developer",
    title: "Developer",
    description: "A user of a development relay"
  },
  relay: { name: "presence", title: "Presence", description: "May see and show who is here" }
}

/**
 * The flat profile of a user.
 *
 * @example
 * flatProfile({ id: UserId.make("p-ada"), displayName: "Ada Lovelace" }, "relay").familyName // "Lovelace"
 */
export const flatProfile = (user: RelayUser, provider: Provider): FlatProfile => {
  const { displayName, email, id, imageUrl } = user
  const [givenName = displayName, ...rest] = displayName.split(" ")
  return {
    id,
    sanityUserId: id,
    displayName,
    givenName,
    familyName: rest.length === 0 ? null : rest.join(" "),
    middleName: null,
    ...(email === undefined ? {} : { email }),
    ...(imageUrl === undefined ? {} : { imageUrl }),
    provider,
    ...dates,
    isCurrentUser: false
  }
}

/**
 * The nested profile of a user, as a member of a project or an organization.
 *
 * @example
 * nestedProfile(ada, "relay", "project", "demo").profile.displayName // "Ada Lovelace"
 */
export const nestedProfile = (
  user: RelayUser,
  provider: Provider,
  resourceType: ResourceType,
  resourceId: string
): NestedProfile => {
  const { familyName, middleName: _, sanityUserId, ...profile } = flatProfile(user, provider)
  const roleNames = [roleOf[provider].name]
  return {
    sanityUserId,
    profile: { ...profile, ...(familyName === null ? {} : { familyName }) },
    memberships: [{ addedAt: profile.createdAt, resourceType, resourceId, roleNames }]
  }
}

/**
 * The profile of the user that a token belongs to.
 *
 * @example
 * currentUser({ id: UserId.make("p-ada"), displayName: "Ada" }, "relay").name // "Ada"
 */
export const currentUser = (user: RelayUser, provider: Provider): CurrentUser => ({
  ...flatProfile(user, provider),
  isCurrentUser: true,
  name: user.displayName,
  ...(user.imageUrl === undefined ? {} : { profileImage: user.imageUrl }),
  role: roleOf[provider].name,
  roles: [roleOf[provider]]
})
