/**
 * A text frame as it is on the wire (RFC 6455, 5.2). Pure.
 *
 * What many receive is put into a frame once. The `ws` package would do that again for each of them.
 */

/** The last frame of its message, of text. */
const finalText = 0x81

/** The largest length that the second byte of a frame says itself; these two say where it is. */
const maxShort = 125
const inTwoBytes = 126
const inEightBytes = 127

/**
 * A message from a server, which does not mask, in one frame.
 *
 * @example
 * textFrame("♥") // <81 03 e2 99 a5>
 */
export const textFrame = (text: string): Buffer => write(text, Buffer.allocUnsafe)

/**
 * The same, to be kept. Node cuts small buffers out of slabs of 64 KiB, and a slab lives as long as anything
 * in it does: this frame has memory of its own, which takes longer to get.
 */
export const keptTextFrame = (text: string): Buffer => write(text, Buffer.allocUnsafeSlow)

const write = (text: string, allocate: (size: number) => Buffer): Buffer => {
  const length = Buffer.byteLength(text)
  const head = length <= maxShort ? 2 : length <= 0xffff ? 4 : 10
  const frame = allocate(head + length)
  frame[0] = finalText
  if (head === 2) {
    frame[1] = length
  } else if (head === 4) {
    frame[1] = inTwoBytes
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = inEightBytes
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, head)
  return frame
}

/** Where the text starts in such a frame. */
export const textStart = ({ 1: short }: Buffer): number =>
  short === inEightBytes ? 10 : short === inTwoBytes ? 4 : 2
