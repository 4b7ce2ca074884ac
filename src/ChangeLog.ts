/**
 * What happened in a room, told to any number of readers in order, each at its own pace.
 */
import * as Arr from "effect/Array"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Limits } from "./PresenceConfig.ts"
import { emptyState, type PresenceChange, type PresenceState, type Reset } from "./PresenceState.ts"

/** What a reader gets. */
type Entry = PresenceChange | Reset

/**
 * - `step`: the state is another one, and what came with it.
 * - `stream`: a `Reset` with everyone who is there, then each change once, in order. A reader that has
 *   more changes to read than it may gets a `Reset` in place of them, and goes on from there.
 */
export interface ChangeLog {
  readonly step: (state: PresenceState, changes: ReadonlyArray<PresenceChange>) => void
  readonly stream: Stream.Stream<Entry>
}

interface Reader {
  /** What it has not read yet; undefined where a `Reset` takes its place, as at the beginning. */
  unread: Array<Entry> | undefined
  wake: (() => void) | undefined
}

/**
 * A log that begins with nobody. By hand: a queue that keeps to its bound drops the oldest or the
 * newest, where one snapshot in place of all is shorter, and true.
 *
 * @param limits.unreadChanges how many changes may wait for a reader
 */
export const make = ({ unreadChanges }: Pick<Limits, "unreadChanges">): ChangeLog => {
  const readers = new Set<Reader>()
  let latest = emptyState

  const awaitMore = (reader: Reader): Effect.Effect<void> =>
    Effect.callback((resume) => {
      // The fiber may have given way to others since it looked.
      if (reader.unread?.length !== 0) return resume(Effect.void)
      reader.wake = () => resume(Effect.void)
      return Effect.sync(() => {
        reader.wake = undefined
      })
    })

  /** Everything that there is to read, as soon as there is something. */
  const pull = (reader: Reader): Effect.Effect<Arr.NonEmptyReadonlyArray<Entry>> =>
    Effect.suspend(() => {
      const { unread } = reader
      reader.unread = []
      if (unread === undefined) return Effect.succeed([{ _tag: "Reset", state: latest } as const])
      return Arr.isArrayNonEmpty(unread)
        ? Effect.succeed(unread)
        : Effect.andThen(awaitMore(reader), pull(reader))
    })

  return {
    step: (state, changes) => {
      latest = state
      if (changes.length === 0) return
      const woken: Array<() => void> = []
      for (const reader of readers) {
        if (reader.unread === undefined) continue
        const waiting = reader.unread.length
        // What comes at once is told to whoever has read all before it.
        if (waiting > 0 && waiting + changes.length > unreadChanges) reader.unread = undefined
        else for (const change of changes) reader.unread.push(change)
        if (reader.wake !== undefined) woken.push(reader.wake)
        reader.wake = undefined
      }
      // Whoever is woken may read at once, and another may begin to read by that.
      for (const wake of woken) wake()
    },
    stream: Stream.fromChannel(
      Channel.fromTransform((_, scope) => {
        const reader: Reader = { unread: undefined, wake: undefined }
        readers.add(reader)
        return Effect.as(
          Scope.addFinalizer(
            scope,
            Effect.sync(() => readers.delete(reader))
          ),
          pull(reader)
        )
      })
    )
  }
}
