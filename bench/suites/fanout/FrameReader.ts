/**
 * Finds the frames of a WebSocket in the bytes that a server sends, and no more: no copies where a frame
 * is whole, no checks. Those who receive must cost less than the server that is measured.
 */

/** A frame's payload is in `buffer`, from `from` up to `to`, until the call returns. */
export type OnFrame = (opcode: number, buffer: Buffer, from: number, to: number) => void

export class FrameReader {
  readonly #onFrame: OnFrame
  /** What came of a frame that is not whole yet. */
  #carry = Buffer.alloc(0)
  #carried = 0

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame
  }

  /** Takes the first `length` bytes of a buffer that may be written over after the call. */
  read(bytes: Buffer, length: number): void {
    const isWhole = this.#carried === 0
    if (!isWhole) this.#keep(bytes, 0, length)
    const buffer = isWhole ? bytes : this.#carry
    const end = isWhole ? length : this.#carried
    const rest = this.#frames(buffer, end)
    if (isWhole) return this.#keep(bytes, rest, length)
    this.#carry.copyWithin(0, rest, end)
    this.#carried = end - rest
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const carried = this.#carried + to - from
    if (carried > this.#carry.length) {
      const larger = Buffer.alloc(carried * 2)
      this.#carry.copy(larger, 0, 0, this.#carried)
      this.#carry = larger
    }
    bytes.copy(this.#carry, this.#carried, from, to)
    this.#carried = carried
  }

  /** Gives where the first frame begins that is not whole. */
  #frames(buffer: Buffer, end: number): number {
    let at = 0
    while (end - at >= 2) {
      const short = (buffer[at + 1] ?? 0) & 0x7f
      const head = short === 126 ? 4 : short === 127 ? 10 : 2
      if (end - at < head) break
      const size =
        short === 126
          ? buffer.readUInt16BE(at + 2)
          : short === 127
            ? Number(buffer.readBigUInt64BE(at + 2))
            : short
      const from = at + head
      if (end - from < size) break
      this.#onFrame((buffer[at] ?? 0) & 0x0f, buffer, from, from + size)
      at = from + size
    }
    return at
  }
}

export const Opcode = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A frame as a client sends it. Masked with zeros, the payload is as it was. */
export const toFrame = (payload: string | Uint8Array, opcode: number = Opcode.text): Buffer => {
  const bytes = typeof payload === "string" ? Buffer.from(payload) : payload
  const isShort = bytes.length < 126
  if (bytes.length > 0xffff) throw new Error("a frame of this size is not written here")
  const head = Buffer.alloc(isShort ? 6 : 8)
  head[0] = 0x80 | opcode
  head[1] = 0x80 | (isShort ? bytes.length : 126)
  if (!isShort) head.writeUInt16BE(bytes.length, 2)
  return Buffer.concat([head, bytes])
}
