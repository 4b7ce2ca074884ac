/** How many hues there are. */
const hueCount = 12

/**
 * The colour of a user as a number from 0 to 11, always the same for the same id; which colour that is,
 * a style sheet says.
 *
 * @example
 * hueOf("p-ada-lovelace") // from 0 to 11
 */
export const hueOf = (userId: string): number => {
  // FNV-1a: ids that differ in one letter land far apart.
  let hash = 0x811c9dc5
  for (const character of userId) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  }
  // The upper bits, which every character has reached.
  return (hash >>> 16) % hueCount
}
