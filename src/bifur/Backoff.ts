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
 * @returns milliseconds
 *
 * @example
 * backoff({ attempt: 3, random: 0.5, base: 100, max: 240_000 }) // 200
 */
export const backoff = (options: {
  readonly attempt: number
  readonly random: number
  readonly base: number
  readonly max: number
}): number => options.random * Math.min(options.max, options.base * 2 ** (options.attempt - 1))
