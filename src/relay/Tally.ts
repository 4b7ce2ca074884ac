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

  add(key: string): void {
    this.#counts.set(key, this.of(key) + 1)
  }

  remove(key: string): void {
    const count = this.of(key) - 1
    if (count > 0) this.#counts.set(key, count)
    else this.#counts.delete(key)
  }
}
