/** How many colours there are; the style sheet has one class for each. */
export const hueCount = 12

/**
 * The colour of a user: a number from 0, always the same for the same id.
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

/** The class that gives an element the colour of a user. */
export const hueClass = (userId: string): string => `hue-${hueOf(userId)}`
