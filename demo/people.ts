/**
 * Who can be in the demo. A user id is a token of the relay, and the relay names people after it.
 */

/** The simulated ones. */
export const colleagueIds = ["p-grace-hopper", "p-alan-turing", "p-katherine-johnson"] as const

/** The ones that a tab draws its people from. */
export const visitorIds: ReadonlyArray<string> = [
  "p-ada-lovelace",
  "p-annie-easley",
  "p-barbara-liskov",
  "p-carl-sagan",
  "p-claude-shannon",
  "p-donald-knuth",
  "p-dorothy-hodgkin",
  "p-edsger-dijkstra",
  "p-emmy-noether",
  "p-hedy-lamarr",
  "p-linus-pauling",
  "p-lise-meitner",
  "p-margaret-hamilton",
  "p-marie-curie",
  "p-mary-jackson",
  "p-niels-bohr",
  "p-radia-perlman",
  "p-richard-feynman",
  "p-rosalind-franklin",
  "p-sophie-germain",
  "p-srinivasa-ramanujan",
  "p-vera-rubin"
]

const readableId = /^p-[a-z]+(-[a-z]+)*$/

/**
 * A name for a user id of the form `p-grace-hopper`; any other id as it is.
 *
 * @example
 * nameOfId("p-grace-hopper") // "Grace Hopper"
 */
export const nameOfId = (id: string): string =>
  readableId.test(id)
    ? id
        .split("-")
        .slice(1)
        .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
        .join(" ")
    : id

/**
 * The name to show for a user. Until the profile has come, the display name is the id; then the id
 * is made readable.
 */
export const nameOf = (user: { readonly id: string; readonly displayName: string }): string =>
  user.displayName === user.id ? nameOfId(user.id) : user.displayName
