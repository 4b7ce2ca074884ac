import type { DemoConfig } from "../config.ts"
import { nameOfId, visitorIds } from "../people.ts"

/** Someone whom this tab plays. The id is the user's, except where only the token knows it. */
export interface Visitor {
  readonly id: string
  readonly name: string
  readonly token: string
}

/** One for each pane. */
export type Visitors = readonly [Visitor, Visitor]

/**
 * The people of this tab: those that `?as=` names, others by lot. On the hosted service it is the
 * owner of the token, twice.
 *
 * @param search the query string of the page
 * @param random from 0 to 1, like `Math.random`
 *
 * @example
 * visitorsOf(config, "?as=p-ada-lovelace,p-linus-pauling", Math.random)
 */
export const visitorsOf = (config: DemoConfig, search: string, random: () => number): Visitors => {
  if (config.service === "sanity") {
    const { token } = config
    return [
      { id: "left", name: "You, left", token },
      { id: "right", name: "You, right", token }
    ]
  }
  const named = (new URLSearchParams(search).get("as") ?? "")
    .split(",")
    .map((id) => id.trim())
    .filter((id) => id !== "")
  const drawn = shuffle(
    visitorIds.filter((id) => !named.includes(id)),
    random
  )
  const [left = "p-left", right = "p-right"] = [...named, ...drawn]
  return [visitor(left), visitor(right)]
}

const visitor = (id: string): Visitor => ({ id, name: nameOfId(id), token: id })

const shuffle = (ids: ReadonlyArray<string>, random: () => number): ReadonlyArray<string> =>
  ids
    .map((id) => ({ id, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ id }) => id)
