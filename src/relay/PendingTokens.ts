/**
 * The tokens that are being decided, on sockets and over HTTP, by the network that shows them.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { sha256 } from "./auth/Admission.ts"
import type { AuthScope } from "./RelayAuth.ts"
import { Tally } from "./Tally.ts"

/**
 * Questions of a network that may be open at a time: whoever decides is asked by everybody, and
 * honest tokens would wait behind those of one who shows many.
 */
const maxPending = 20

/**
 * What is asked about a token, for whatever it opens. All tabs of a browser ask the same, and so do those
 * that share a token. With a hash in it: a token is kept by nobody here.
 *
 * @example
 * questionOf("Bearer p-ada", { _tag: "Canvas", canvas: "c1" }) // "<SHA-256> {…}"
 */
export const questionOf = (authorization: string | undefined, scope: AuthScope): string =>
  `${sha256(Redacted.make(authorization ?? ""))} ${JSON.stringify(scope)}`

/**
 * Bounds them. This machine, whose network is undefined, has no bound.
 *
 * @example
 * pending.begin("203.0.113.7", question) // false where that would be one too many, else `end` has to follow
 */
export class PendingTokens {
  /** How many different ones a network has open, and how often each of them. */
  readonly #byNetwork = new Tally()
  readonly #byQuestion = new Tally()

  begin(network: string | undefined, question: string): boolean {
    if (network === undefined) return true
    const key = `${question} ${network}`
    if (this.#byQuestion.of(key) === 0) {
      if (this.#byNetwork.of(network) >= maxPending) return false
      this.#byNetwork.add(network)
    }
    this.#byQuestion.add(key)
    return true
  }

  end(network: string | undefined, question: string): void {
    if (network === undefined) return
    const key = `${question} ${network}`
    this.#byQuestion.remove(key)
    if (this.#byQuestion.of(key) === 0) this.#byNetwork.remove(network)
  }

  /** Decides within the bound; `orElse` is for one too many. */
  readonly deciding = <A, E, E2>(
    network: string | undefined,
    question: string,
    decision: Effect.Effect<A, E>,
    orElse: () => Effect.Effect<A, E2>
  ): Effect.Effect<A, E | E2> =>
    Effect.acquireUseRelease(
      Effect.sync(() => this.begin(network, question)),
      (hasBegun): Effect.Effect<A, E | E2> => (hasBegun ? decision : orElse()),
      (hasBegun) => Effect.sync(() => (hasBegun ? this.end(network, question) : undefined))
    )
}
