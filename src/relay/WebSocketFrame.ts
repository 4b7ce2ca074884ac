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
export const textFrame = (text: string): Buffer => {
  const length = Buffer.byteLength(text)
  const head = length <= maxShort ? 2 : length <= 0xffff ? 4 : 10
  const frame = Buffer.allocUnsafe(head + length)
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
