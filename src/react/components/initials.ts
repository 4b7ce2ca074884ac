/**
 * The first letters of the first and the last word of a name.
 *
 * @example
 * initialsOf("Ada King Lovelace") // "AL"
 */
export const initialsOf = (name: string): string => {
  const words = name.split(/\s+/).filter((word) => word !== "")
  const first = words.at(0)
  const last = words.length > 1 ? words.at(-1) : undefined
  return [first, last].map((word) => firstLetter(word ?? "")).join("")
}

const firstLetter = (word: string): string => [...word].slice(0, 1).join("").toUpperCase()
