/**
 * The time of sockets, for code that runs outside of fibers.
 */

/**
 * Milliseconds on a clock that never goes back. It is real even where Effect's clock is a test's:
 * what it times are real sockets.
 */
export const monotonicNow = (): number => performance.now()
