/**
 * `sanity-presence announce`: is in a document, until it is stopped or a command ends.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { type ConnectionStatus, describe, isPermanent } from "../ConnectionStatus.ts"
import { fromReported, type ReportedLocation } from "../Location.ts"
import { whilePresent } from "../whilePresent.ts"
import { runChild } from "./announce/child.ts"
import { placesOf } from "./announce/places.ts"
import { ChildFailed, UsageError } from "./CommandFailure.ts"
import { failWhenInterrupted } from "./interrupted.ts"
import { awaitConnected, failWhenOver, layerRoom, statusNews } from "./room/joinRoom.ts"
import { pathText } from "./room/people.ts"
import { roomFlags } from "./room/roomSettings.ts"
import { complain } from "./terminal/complain.ts"
import { layerLog } from "./terminal/layerLog.ts"
import { print } from "./terminal/Output.ts"
import { printable } from "./terminal/printable.ts"

const flags = {
  room: roomFlags,
  places: {
    document: Flag.String("document").pipe(
      Flag.withMetavar("<id>"),
      Flag.withDescription(
        "The document: its draft, unless the id or --perspective says otherwise; may be given several times"
      ),
      Flag.atLeast(1)
    ),
    path: Flag.String("path").pipe(
      Flag.withMetavar("<path>"),
      Flag.withDescription(
        'The field in it, for instance title or body[_key=="a1"]; may be given several times'
      ),
      Flag.atLeast(0)
    ),
    perspective: Flag.String("perspective").pipe(
      Flag.withMetavar("<drafts|published|release>"),
      Flag.withDescription("Which version of the document is meant"),
      Flag.withDefault(undefined)
    )
  },
  command: Argument.String("command").pipe(
    Argument.withDescription("After --: a command to run, which the presence lasts as long as"),
    Argument.variadic()
  )
}

type Values = Command.Command.Config.Infer<typeof flags>

const placeText = (place: ReportedLocation): string => {
  const { documentId, path } = fromReported(place, "")
  return path.length === 0 ? documentId : `${documentId} ${pathText(path)}`
}

/** Says what becomes of the connection, once it has been made. */
const tellStatus = (isTold: (status: ConnectionStatus) => boolean) =>
  statusNews.pipe(
    Stream.dropWhile(({ _tag }) => _tag === "Connected"),
    Stream.filter((now) => now._tag !== "Connecting" && isTold(now)),
    Stream.runForEach((now) => complain(describe(now))),
    Effect.andThen(Effect.never)
  )

const stayUntilStopped = Effect.fnUntraced(function* (where: string) {
  yield* print(printable(`Present in ${where}, until this is stopped (Ctrl-C).`))
  return yield* Effect.raceFirst(
    tellStatus((status) => !isPermanent(status)),
    failWhenOver
  )
})

/** A command that was begun is not ended because nobody sees it any more. */
const stayWhile = Effect.fnUntraced(function* (command: string, args: ReadonlyArray<string>) {
  yield* Effect.forkScoped(tellStatus(() => true))
  const code = yield* runChild(command, args)
  if (code !== 0) {
    return yield* new ChildFailed({ message: `${command} ended with ${code}.`, code })
  }
}, Effect.scoped)

/** The room, once there is a connection: whoever stops it before that has been nowhere. */
const enter = (room: Values["room"]) =>
  Effect.tap(Layer.build(layerRoom(room)), (entered) =>
    Effect.provide(awaitConnected(room.timeout), entered)
  ).pipe(failWhenInterrupted)

const stay = Effect.fnUntraced(function* (
  { command: [child, ...args] }: Values,
  places: ReadonlyArray<ReportedLocation>
) {
  const present = whilePresent(places)
  yield* child === undefined
    ? present(stayUntilStopped(places.map(placeText).join(", ")))
    : failWhenInterrupted(present(stayWhile(child, args)))
})

const run = (values: Values) =>
  Effect.gen(function* () {
    const places = placesOf(values.places)
    if (Result.isFailure(places)) {
      return yield* new UsageError({ message: places.failure })
    }
    yield* Effect.provide(stay(values, places.success), yield* enter(values.room))
  }).pipe(Effect.scoped, Effect.provide(layerLog))

/** One more session in the room, in these places. */
export const announce = Command.make("announce", flags, run).pipe(
  Command.withDescription("Be present in a document, until stopped or while a command runs"),
  Command.withExamples([
    {
      command: "sanity-presence announce --document book --path title",
      description: "In the title of the draft, until Ctrl-C"
    },
    {
      command: "sanity-presence announce --document book -- npm run translate",
      description: "For as long as the command runs; its exit code is the exit code"
    }
  ])
)
