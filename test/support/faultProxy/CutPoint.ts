/**
 * Where a connection is to be cut.
 */

/** "up" is from the client to the server. */
export type Direction = "up" | "down"

export interface CutAfter {
  readonly direction: Direction
  /** How many bytes pass before the cut. */
  readonly bytes: number
  /**
   * Where counting starts: with the connection (unless told), or behind the HTTP head of this
   * direction, that is behind its first empty line.
   */
  readonly bytesFrom?: "start" | "handshake"
}

const headEnd = "\r\n\r\n"

/** Counts bytes up to the point where a connection is to be cut. */
export class CutPoint {
  private left: number
  /** The last bytes of an HTTP head that has not ended; its end may come in pieces. */
  private headTail: Buffer | undefined

  constructor({ bytes, bytesFrom }: CutAfter) {
    this.left = bytes
    this.headTail = bytesFrom === "handshake" ? Buffer.alloc(0) : undefined
  }

  get isReached(): boolean {
    return this.headTail === undefined && this.left === 0
  }

  /** How many of these bytes may pass. */
  admit(bytes: Buffer): number {
    const uncounted = this.lengthOfHead(bytes)
    const counted = Math.min(this.left, bytes.length - uncounted)
    this.left -= counted
    return uncounted + counted
  }

  private lengthOfHead(bytes: Buffer): number {
    if (this.headTail === undefined) return 0
    const seen = Buffer.concat([this.headTail, bytes])
    const end = seen.indexOf(headEnd)
    if (end === -1) {
      this.headTail = seen.subarray(1 - headEnd.length)
      return bytes.length
    }
    const length = end + headEnd.length - this.headTail.length
    this.headTail = undefined
    return length
  }
}
