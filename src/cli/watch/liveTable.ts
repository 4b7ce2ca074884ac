/**
 * A table of who is where on a terminal, drawn anew in place with every change.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Terminal from "effect/Terminal"
import { type ConnectionStatus, describe } from "../../ConnectionStatus.ts"
import { Presence } from "../../Presence.ts"
import { type Counts, counts } from "../../PresenceQuery.ts"
import { toArray } from "../../PresenceState.ts"
import { Users } from "../../Users.ts"
import { awaitConnected, failWhenOver } from "../room/joinRoom.ts"
import { followNames } from "../room/names.ts"
import { type Row, rowsOf } from "../room/people.ts"
import { countText, tableLines } from "../room/peopleTable.ts"
import { style, write } from "../terminal/Output.ts"
import { fit, printable } from "../terminal/printable.ts"
import { handTerminalOver, suspend } from "../terminal/suspension.ts"

/** The other page of the terminal, without a caret; what was there comes back at the end. */
const enter = "\u001B[?1049h\u001B[?25l"
const leave = "\u001B[?25h\u001B[?1049l"

/** To the first corner; the rest of a line; whatever is below. */
const home = "\u001B[H"
const restOfLine = "\u001B[K"
const below = "\u001B[J"

/** At most this often, in milliseconds: no eye reads faster. */
const drawInterval = 100

/** Times go on while nobody moves. */
const clockInterval = "5 seconds"

/** What there is to show. */
interface Frame {
  readonly rows: ReadonlyArray<Row>
  readonly counts: Counts
  readonly status: ConnectionStatus
}

/**
 * The frame as the lines of a terminal, never more than it has. Pure but for the colours.
 *
 * @param size in characters
 */
const draw = (
  { counts: { sessions, users }, rows, status }: Frame,
  size: Terminal.Size
): ReadonlyArray<string> => {
  const columns = Math.max(1, size.columns)
  const { head, lines } = tableLines(rows, columns)
  const connection = status._tag === "Connected" ? "connected" : printable(describe(status))
  const here = `${users} here, ${countText(sessions, "session")}`
  const top = style("bold", fit(`${here} · ${connection} · q quits`, columns))
  const heads = head === undefined || rows.length === 0 ? [] : [style("dim", head)]
  const room = Math.max(0, size.rows - 1 - heads.length)
  const body = rows.length === 0 ? [style("dim", fit("Nobody is here.", columns))] : lines
  if (body.length <= room) return [top, ...heads, ...body]
  const shown = Math.max(0, room - 1)
  const rest = style("dim", fit(`… and ${body.length - shown} lines more`, columns))
  return [top, ...heads, ...body.slice(0, shown), rest].slice(0, Math.max(1, size.rows))
}

const frame = Effect.gen(function* () {
  const presence = yield* Presence
  const users = yield* Users
  const state = yield* SubscriptionRef.get(presence.state)
  const profiles = yield* SubscriptionRef.get(users.profiles)
  return {
    rows: rowsOf(toArray(state), profiles, yield* Clock.currentTimeMillis),
    counts: counts(state),
    status: yield* SubscriptionRef.get(presence.status)
  }
})

/** The keys that end it, where somebody sits at a keyboard. Ctrl-C is one, like Escape; Ctrl-Z suspends it. */
const quitKey = Effect.gen(function* () {
  if (!process.stdin.isTTY) return yield* Effect.never
  const terminal = yield* Terminal.Terminal
  const keys = yield* terminal.readInput
  yield* Stream.fromQueue(keys).pipe(
    Stream.tap(({ key }) => (key.ctrl && key.name === "z" ? suspend : Effect.void)),
    Stream.takeUntil(({ key }) => key.name === "q" && !key.ctrl && !key.meta),
    Stream.runDrain
  )
})

/** Shows the table until a key ends it. */
export const liveTable = Effect.fnUntraced(function* (timeout: number | undefined) {
  const presence = yield* Presence
  const users = yield* Users
  const terminal = yield* Terminal.Terminal
  // Before the page is taken: a failure is to be read.
  yield* awaitConnected(timeout)
  yield* Effect.forkScoped(followNames)
  yield* Effect.acquireRelease(write(enter), () => Effect.ignore(write(leave)))
  const sizes = yield* terminal.size
  let size: Terminal.Size = { columns: 80, rows: 24 }
  const pulse = yield* Queue.sliding<void>(1)
  const drawAnew = () => Queue.offer(pulse, undefined)
  yield* handTerminalOver({
    leave: () => process.stdout.write(leave),
    enter: () => {
      process.stdout.write(enter)
      Queue.offerUnsafe(pulse, undefined)
    }
  })
  const causes = [
    Stream.runForEach(Stream.fromQueue(sizes), (next) => {
      size = next
      return drawAnew()
    }),
    Stream.runForEach(SubscriptionRef.changes(presence.state), drawAnew),
    Stream.runForEach(SubscriptionRef.changes(presence.status), drawAnew),
    Stream.runForEach(SubscriptionRef.changes(users.profiles), drawAnew),
    Effect.repeat(drawAnew(), Schedule.spaced(clockInterval))
  ]
  yield* Effect.forEach(causes, (cause) => Effect.forkScoped(cause), { discard: true })
  const redraw = Effect.gen(function* () {
    yield* Queue.take(pulse)
    const lines = draw(yield* frame, size)
    yield* write(`${home}${lines.map((line) => `${line}${restOfLine}`).join("\r\n")}${below}`)
    yield* Effect.sleep(drawInterval)
  })
  yield* Effect.forever(redraw).pipe(Effect.raceFirst(quitKey), Effect.raceFirst(failWhenOver))
})
