import type { UserId } from "../../Session.ts"

/** The user of a connection or a request. */
export interface RelayUser {
  readonly id: UserId
  /** For people to read, for instance `Ada Lovelace`. */
  readonly displayName: string
  readonly email?: string
  /** Where a picture is. Clients draw initials where there is none. */
  readonly imageUrl?: string
}
