/**
 * How long to wait before the next attempt to connect. Pure.
 */

/**
 * Exponential backoff with full jitter: a random part of a span that doubles with every attempt,
 * so that clients cut off together do not come back together.
 *
 * @param attempt counts from 1
 * @param random from 0 to 1
 * @param base the span before the first attempt, in milliseconds
 * @param max the longest span, in milliseconds
 * @param trouble how long there has been no stable connection, in milliseconds: no wait is longer,
 *   1 s and the first span aside, so that whoever was cut off together is back soon after the cause
 *   has ended
 * @returns milliseconds
 *
 * @example
 * backoff({ attempt: 3, random: 0.5, base: 100, max: 240_000, trouble: 0 }) // 200
 */
export const backoff = (options: {
  readonly attempt: number
  readonly random: number
  readonly base: number
  readonly max: number
  readonly trouble: number
}): number => {
  const { attempt, base, max, random, trouble } = options
  return random * Math.min(max, base * 2 ** (attempt - 1), Math.max(shortestLimit, base, trouble))
}

/** In milliseconds. */
const shortestLimit = 1_000
