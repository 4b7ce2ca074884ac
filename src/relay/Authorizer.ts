/**
 * Decides whose a connection is, and asks again in time, so that a token that was revoked does not
 * live on with the connection.
 */
import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { CloseCode } from "../bifur/JsonRpc.ts"
import { monotonicNow } from "./Clock.ts"
import { tryAgainLater } from "./Connection.ts"
import type { Member } from "./Member.ts"
import { type PendingTokens, questionOf } from "./PendingTokens.ts"
import type { Places } from "./Places.ts"
import { AuthUnavailable, bearerToken, type RelayAuth } from "./RelayAuth.ts"
import { Rechecks } from "./Rechecks.ts"
import type { RelayCounts, Undecided } from "./RelayCounts.ts"
import type { RelaySettings } from "./RelayOptions.ts"

/** Authorizes connections. */
export interface Authorizer {
  /**
   * Finds the user of an `authorization` parameter. Calls back with undefined, or with the reason why
   * it was refused. Where that cannot be decided the connection is closed with 1013 instead: clients
   * take an error for a refusal.
   */
  readonly authorize: (
    member: Member,
    authorization: string,
    decided: (refusal: string | undefined) => void
  ) => void
  /** How many connections stay though their token was found good longer ago than that may be relied on. */
  readonly overdue: () => number
}

/** Tokens of a connection that may be refused; after that nobody is asked about more of them. */
const maxRefused = 10

/**
 * How many tokens are asked about at a time when they are checked again. Fewer than the auth of Sanity
 * takes at a time: who comes in does not wait behind those who are in.
 */
const maxRechecks = 48

/** What deciding needs of the rest of the relay. */
interface AuthorizerServices {
  readonly auth: RelayAuth["Service"]
  readonly settings: Pick<RelaySettings, "authorizationTimeout">
  readonly counts: RelayCounts
  readonly places: Places
  readonly pending: PendingTokens
  /** Who is asked about again. */
  readonly members: () => Iterable<Member>
}

type Decided = Parameters<Authorizer["authorize"]>[2]

/** An authorizer; it asks again about the members for as long as its scope is open. */
export const makeAuthorizer = (
  services: AuthorizerServices
): Effect.Effect<Authorizer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { auth, counts, members, pending } = services
    const fork = yield* FiberSet.makeRuntime<never, void, never>()
    const rechecking = yield* Semaphore.make(maxRechecks)
    const timeToLive = Duration.toMillis(auth.timeToLive)
    const rechecks = new Rechecks(timeToLive)

    /** Decides, where few enough of the same network are being decided; it ends with the connection. */
    const decideInBounds = (member: Member, authorization: string, decided: Decided): void => {
      const { address, connection, network } = member
      const question = questionOf(authorization, address)
      if (!pending.begin(network, question)) {
        counts.refuse("requests")
        connection.close(tryAgainLater, "too many tokens of this address are being checked")
        return
      }
      const decision = fork(decide(services, member, authorization, decided))
      member.decision = decision
      decision.addObserver(() => pending.end(network, question))
    }

    const recheck = (member: Member) =>
      check(services, member).pipe(
        rechecking.withPermits(1),
        // However it ends: one that stayed under way would never be begun again.
        Effect.onExit((exit) =>
          Effect.sync(() =>
            rechecks.end(member, Exit.isSuccess(exit) && exit.value, monotonicNow())
          )
        ),
        Effect.asVoid
      )

    const beginDue = Effect.sync(() => {
      for (const member of rechecks.begin(members(), monotonicNow())) fork(recheck(member))
    })

    if (Number.isFinite(timeToLive)) {
      yield* Effect.sleep(rechecks.interval).pipe(
        Effect.andThen(beginDue),
        Effect.forever,
        Effect.forkScoped
      )
    }

    return {
      authorize: (member, authorization, decided) => {
        if (member.refused < maxRefused) {
          decideInBounds(member, authorization, decided)
        } else {
          counts.refuse("unauthorized")
          decided("Too many tokens were refused on this connection. Open another one.")
        }
      },
      overdue: () => rechecks.overdue(members(), monotonicNow())
    }
  })

const find = (
  { auth, settings }: AuthorizerServices,
  token: Redacted.Redacted,
  { address }: Member
) =>
  // It may be code of somebody else, which throws before there is an effect.
  Effect.suspend(() => auth.authenticate(token, address)).pipe(
    Effect.timeout(settings.authorizationTimeout),
    // A bug of the auth is nobody's refusal, and must not end the checks. It may hold a token.
    Effect.catchDefect(() =>
      Effect.logError("the auth of this relay is broken: it died while it looked at a token").pipe(
        Effect.andThen(Effect.fail(new AuthUnavailable({ reason: "failed" })))
      )
    )
  )

const decide = Effect.fn("Relay.authorize")(function* (
  services: AuthorizerServices,
  member: Member,
  authorization: string,
  decided: Decided
) {
  const { counts, places } = services
  yield* bearerToken(authorization).pipe(
    Effect.flatMap((token) =>
      Effect.map(find(services, token, member), (user) => places.enter(member, user, token))
    ),
    Effect.match({
      onSuccess: () => decided(undefined),
      onFailure: (error) => {
        if (error._tag !== "TokenRefused") {
          // Else its time was over, and that has been counted.
          if (member.connection.isOpen) counts.undecide(reasonOf(error))
          return postpone(member)
        }
        counts.refuse("unauthorized")
        member.refused++
        decided(error.message)
      }
    })
  )
  // Without the user: the id of one is a token in development.
  yield* Effect.logDebug("authorization decided").pipe(
    Effect.annotateLogs({
      connection: member.connection.owner.id,
      accepted: member.user !== undefined
    })
  )
})

/**
 * Asks again about the token of a member, and answers whether that was decided. One that cannot be
 * checked keeps its user: presence does not end with the token's issuer.
 */
const check = (services: AuthorizerServices, member: Member): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    const { counts, places } = services
    const token = member.credential?.token
    // It may have ended since its turn came.
    if (token === undefined || !member.connection.isOpen) return Effect.succeed(true)
    return find(services, token, member).pipe(
      Effect.match({
        onSuccess: (user) => {
          if (member.credential?.token === token) places.enter(member, user, token)
          return true
        },
        onFailure: (error) => {
          if (error._tag !== "TokenRefused") {
            counts.undecide(reasonOf(error))
            return false
          }
          if (member.credential?.token !== token) return true
          counts.refuse("revoked")
          places.expel(member)
          member.connection.close(CloseCode.unauthorized, "the token is no longer accepted")
          return true
        }
      })
    )
  })

const reasonOf = (error: AuthUnavailable | Cause.TimeoutError): Undecided =>
  error._tag === "AuthUnavailable" ? error.reason : "timeout"

const postpone = ({ connection }: Member): void =>
  connection.close(tryAgainLater, "the token could not be checked; try again")
