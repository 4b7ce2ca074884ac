/**
 * The tokens that are being decided, on sockets and over HTTP, by the network that shows them.
 */
import * as Effect from "effect/Effect"
import { Tally } from "./Tally.ts"

/**
 * Tokens of a network that may be decided at a time: whoever decides is asked by everybody, and
 * honest tokens would wait behind those of one who shows many.
 */
const maxPending = 20

/**
 * Bounds them. This machine, whose network is undefined, has no bound.
 *
 * @example
 * pending.begin("203.0.113.7") // false where that would be one too many, else `end` has to follow
 */
export class PendingTokens {
  readonly #byNetwork = new Tally()

  begin(network: string | undefined): boolean {
    if (network === undefined) return true
    if (this.#byNetwork.of(network) >= maxPending) return false
    this.#byNetwork.add(network)
    return true
  }

  end(network: string | undefined): void {
    if (network !== undefined) this.#byNetwork.remove(network)
  }

  /** Decides within the bound; `orElse` is for one too many. */
  readonly deciding = <A, E, E2>(
    network: string | undefined,
    decision: Effect.Effect<A, E>,
    orElse: () => Effect.Effect<A, E2>
  ): Effect.Effect<A, E | E2> =>
    Effect.acquireUseRelease(
      Effect.sync(() => this.begin(network)),
      (hasBegun): Effect.Effect<A, E | E2> => (hasBegun ? decision : orElse()),
      (hasBegun) => Effect.sync(() => (hasBegun ? this.end(network) : undefined))
    )
}
