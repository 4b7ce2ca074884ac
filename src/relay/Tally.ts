/**
 * How many there are of each key. Keys of which there are none take no memory.
 *
 * @example
 * tally.add("203.0.113.7")
 * tally.of("203.0.113.7") // 1
 */
export class Tally {
  readonly #counts = new Map<string, number>()

  of(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  add(key: string, amount = 1): void {
    this.#counts.set(key, this.of(key) + amount)
  }

  remove(key: string, amount = 1): void {
    const count = this.of(key) - amount
    if (count > 0) this.#counts.set(key, count)
    else this.#counts.delete(key)
  }
}
