/**
 * The places in rooms: who gets one, as which user, and who gives it back.
 */
import type * as Redacted from "effect/Redacted"
import { monotonicNow } from "./Clock.ts"
import { tryAgainLater } from "./Connection.ts"
import type { Member } from "./Member.ts"
import type { RelayUser } from "./RelayAuth.ts"
import type { Refusal, RelayCounts } from "./RelayCounts.ts"
import type { RelaySettings } from "./RelayOptions.ts"
import type { Rooms } from "./Rooms.ts"
import { Tally } from "./Tally.ts"

/** What places need of the rest of the relay. */
export interface PlaceServices {
  readonly settings: Pick<
    RelaySettings,
    "maxConnectionsPerRoom" | "maxConnectionsPerUser" | "maxRooms"
  >
  readonly rooms: Pick<Rooms, "enter" | "has" | "population" | "size">
  readonly counts: RelayCounts
}

/**
 * The places of authorized connections.
 *
 * @example
 * places.enter(member, user, token)
 */
export class Places {
  readonly #services: PlaceServices
  readonly #byUser = new Tally()

  constructor(services: PlaceServices) {
    this.#services = services
  }

  /**
   * Takes a connection into its room as the user of a token, or on as another one; where there is no
   * place it is closed instead.
   */
  enter(member: Member, user: RelayUser, token: Redacted.Redacted): void {
    const { connection } = member
    // It may have ended while its token was decided.
    if (!connection.isOpen) return
    const refusal = this.#refusal(member, user)
    if (refusal !== undefined) {
      this.#services.counts.refuse(refusal.reason)
      return connection.close(tryAgainLater, refusal.message)
    }
    // Strangers of its network may have sent more than is read of them: it is none of them any more.
    if (member.user === undefined) connection.endPause()
    if (member.user?.id !== user.id) {
      this.expel(member)
      this.#byUser.add(user.id)
    }
    member.user = user
    member.credential = { token, checkedAt: monotonicNow() }
    member.room ??= this.#services.rooms.enter(member.address, connection)
  }

  /** Ends the sessions of a connection, which is nobody's from now on. */
  expel(member: Member): void {
    if (member.user === undefined) return
    this.#byUser.remove(member.user.id)
    member.user = undefined
    member.credential = undefined
    member.room?.endSessions(member.connection.owner, 0)
  }

  /** Gives back the place of a connection that has ended; its sessions stay for a time. */
  leave(member: Member, grace: number): void {
    if (member.user !== undefined) this.#byUser.remove(member.user.id)
    member.user = undefined
    member.room?.leave(member.connection, grace)
  }

  #refusal(
    { address, room, user: current }: Member,
    user: RelayUser
  ): { readonly reason: Refusal; readonly message: string } | undefined {
    const { rooms, settings } = this.#services
    if (current?.id !== user.id && this.#byUser.of(user.id) >= settings.maxConnectionsPerUser) {
      return { reason: "user", message: "this user has as many connections as the relay takes" }
    }
    if (room !== undefined) return undefined
    if (!rooms.has(address) && rooms.size >= settings.maxRooms) {
      return { reason: "rooms", message: "the relay has as many rooms as it takes" }
    }
    return rooms.population(address) >= settings.maxConnectionsPerRoom
      ? { reason: "room", message: "the room is full" }
      : undefined
  }
}
