/**
 * Who wants to hear of changes in which document. Those of one document cost nothing to those of
 * another, however many there are.
 */

/**
 * - `watch` calls the listener after every change in a document, named by its published id, until the
 *   returned function is called. The listener must not throw.
 * - `notify` calls those of the documents in which something changed.
 */
export interface DocumentWatchers {
  readonly watch: (publishedId: string, listener: () => void) => () => void
  readonly notify: (publishedIds: ReadonlySet<string>) => void
}

/** Nobody watches anything. */
export const make = (): DocumentWatchers => {
  const watchers = new Map<string, Set<() => void>>()
  return {
    watch: (publishedId, listener) => {
      // Wrapped, so that one function may watch twice.
      const entry = () => listener()
      const all = watchers.get(publishedId) ?? new Set()
      watchers.set(publishedId, all.add(entry))
      return () => {
        if (all.delete(entry) && all.size === 0) watchers.delete(publishedId)
      }
    },
    notify: (publishedIds) => {
      if (watchers.size === 0) return
      for (const id of publishedIds) {
        for (const listener of Array.from(watchers.get(id) ?? [])) listener()
      }
    }
  }
}
