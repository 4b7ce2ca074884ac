/**
 * Texts of other people on a terminal: names and ids are whatever they say. Pure.
 */
import fastWidth from "fast-string-truncated-width"

/** Control characters, which a terminal may obey, and those that turn the direction of text around. */
const unprintable = /[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu

/** The text with a mark in place of whatever a terminal would not show but do. */
export const printable = (text: string): string => text.replaceAll(unprintable, "\uFFFD")

/** No word that belongs here is as long; a token that was pasted in a wrong place is. */
const likeToken = /\w{40,}/g

/** What somebody wrote, without what may be a token in it. */
export const withoutPastedTokens = (text: string): string => text.replaceAll(likeToken, "…")

/** JSON in one line that is safe to look at on a terminal, too. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    unprintable,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`
  )

/** How many columns a text takes on a terminal. */
export const widthOf = (text: string): number => fastWidth(text).width

/** The text, cut off with an ellipsis where it takes more columns than there are. */
export const fit = (text: string, columns: number): string => {
  if (columns < 1) return ""
  const { ellipsed, index } = fastWidth(text, { limit: columns, ellipsis: "…", ellipsisWidth: 1 })
  return index === text.length ? text : `${text.slice(0, index)}${ellipsed ? "…" : ""}`
}

/** The text, with spaces up to so many columns. */
export const pad = (text: string, columns: number): string =>
  `${text}${" ".repeat(Math.max(0, columns - widthOf(text)))}`
