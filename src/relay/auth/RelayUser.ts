import type { UserId } from "../../Session.ts"

/** The user of a connection or a request. */
export interface RelayUser {
  /** What every event of the user carries: for Sanity, the id of the project's or the global user. */
  readonly id: UserId
  /** For people to read, for instance `Ada Lovelace`. */
  readonly displayName: string
  /** Told to clients that ask who they are, as Sanity does. */
  readonly email?: string
  /** The address of a picture. Clients draw initials where there is none. */
  readonly imageUrl?: string
}
