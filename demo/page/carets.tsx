import type { Decoration } from "@portabletext/editor"
import { type DocumentPresence, PortableText } from "../../src/index.ts"
import { hueOf } from "../../src/react/index.ts"
import { nameOf } from "../people.ts"

type Blocks = Parameters<typeof PortableText.fitSelection>[1]

/**
 * The carets of others and what they have selected, for an editor to draw. Names are generated content:
 * they are no part of the text.
 */
export const caretsOf = (
  presence: ReadonlyArray<DocumentPresence>,
  value: Blocks
): Array<Decoration> => {
  const drawn = new Map<string, Decoration>()
  for (const { activity, selection, sessionId, stale, user } of presence) {
    const range = PortableText.fitSelection(selection, value)
    if (range === null) continue
    const attributes = {
      "data-hue": hueOf(user.id),
      // The first word: the whole name stands at the field.
      "data-name": nameOf(user).split(/\s/)[0],
      "data-session-id": sessionId,
      "data-user-id": user.id,
      "data-activity": activity,
      "data-stale": stale
    }
    const draw = (className: string, range: Decoration["range"]): void => {
      const id = `${className} ${user.id} ${sessionId}`
      drawn.set(id, {
        id,
        type: "range",
        range,
        render: ({ children }) => (
          <span className={className} {...attributes}>
            {children}
          </span>
        )
      })
    }
    const { anchor, focus } = range
    if (JSON.stringify(anchor) !== JSON.stringify(focus)) draw("selected", range)
    draw("caret", { anchor: focus, focus })
  }
  return Array.from(drawn.values())
}
