/**
 * Trouble with whoever is asked about tokens, in the log of those who run the relay: a line in 10 s,
 * for every client of a busy relay tries again and again.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { AuthUnavailable } from "./AuthError.ts"

/** The least time between two lines. */
const interval = "10 seconds"

/** What to look at. */
const advice: { readonly [Reason in AuthUnavailable["reason"]]: string } = {
  unreachable:
    "does not answer. Nobody new can enter until it can be reached: check DNS, the firewall and --sanity-api-host",
  timeout:
    "does not answer in time. Nobody new can enter until it does: check the network between it and the relay",
  "rate-limited":
    "takes no more requests for now. Until it does, nobody enters whose token it has not confirmed lately",
  failed:
    "answers with errors. Until that is over, nobody enters whose token it has not confirmed lately"
}

/**
 * Takes what failed, and says so at once; what follows is said after 10 s, with its number. Nobody's
 * token is in it.
 *
 * @example
 * const note = yield* makeUnavailableLog("api.sanity.io")
 * note(new AuthUnavailable({ reason: "unreachable" }))
 */
export const makeUnavailableLog = Effect.fnUntraced(function* (
  host: string
): Effect.fn.Return<(error: AuthUnavailable) => void, never, Scope.Scope> {
  const latest = yield* Queue.sliding<AuthUnavailable>(1)
  let count = 0
  const tell = ({ reason, status }: AuthUnavailable) =>
    Effect.suspend(() => {
      const failed = count
      count = 0
      return Effect.logWarning(`${host} ${advice[reason]}.`).pipe(
        Effect.annotateLogs({
          action: "relay/auth/unavailable",
          host,
          reason,
          ...(status === undefined ? {} : { status }),
          count: failed
        })
      )
    })
  yield* Queue.take(latest).pipe(
    Effect.flatMap(tell),
    Effect.andThen(Effect.sleep(interval)),
    Effect.forever,
    Effect.forkScoped({ startImmediately: true })
  )
  return (error) => {
    count++
    Queue.offerUnsafe(latest, error)
  }
})
