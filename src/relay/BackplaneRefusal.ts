/**
 * What a server forbids a node while they are connected: the node then looks well and is alone.
 */

/** That this node may not say, or not hear, what it has to. */
export interface BackplaneRefusal {
  /** Milliseconds of the monotonic clock. */
  readonly since: number
  /** For people to read. */
  readonly reason: string
}

/** What was forbidden. */
export type ForbiddenOperation = "publish" | "subscribe"

/**
 * How long (ms) a refusal to publish counts: nodes speak once a second, so it comes again unless it
 * is over. One to subscribe counts until the connection ends, for nothing tries it again before.
 */
const publishMemory = 10_000

/**
 * Remembers what is forbidden on the connection that is open.
 *
 * @example
 * const refusals = makeRefusals(monotonicNow)
 * refusals.note("publish", "NATS does not let …")
 */
export const makeRefusals = (now: () => number) => {
  let subscribing: BackplaneRefusal | undefined
  let publishing: (BackplaneRefusal & { readonly last: number }) | undefined
  const publishRefusal = (): typeof publishing =>
    publishing !== undefined && now() - publishing.last < publishMemory ? publishing : undefined
  return {
    note: (operation: ForbiddenOperation, reason: string): void => {
      const at = now()
      if (operation === "subscribe") subscribing ??= { since: at, reason }
      else publishing = { since: publishRefusal()?.since ?? at, reason, last: at }
    },
    /** There is another connection. */
    forget: (): void => {
      subscribing = undefined
      publishing = undefined
    },
    current: (): BackplaneRefusal | undefined => {
      const refusal = subscribing ?? publishRefusal()
      return refusal === undefined ? undefined : { since: refusal.since, reason: refusal.reason }
    }
  }
}
