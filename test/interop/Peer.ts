/** The tests' side of the pipe: starts a peer in a process of its own, and waits for what it sees. */
import { type ChildProcessByStdio, spawn as spawnProcess } from "node:child_process"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Readable, Writable } from "node:stream"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import {
  type Command,
  type DocumentPerson,
  Message,
  type Person,
  type Place
} from "./PeerProtocol.ts"

/** Which client: `@sanity/bifur-client`, `@sanity/sdk`, or this library. */
export type Kind = "bifur" | "sdk" | "ours"

/** A room of a relay: a canvas's where there is one, the dataset's otherwise. */
export interface Room {
  readonly url: string
  readonly projectId: string
  readonly dataset: string
  readonly canvasId?: string
}

/** What a peer has told since it joined. */
export interface View {
  readonly people: ReadonlyArray<Person>
  readonly events: ReadonlyArray<Schema.JsonObject>
  readonly document: {
    readonly all: ReadonlyArray<DocumentPerson>
    readonly below: ReadonlyArray<DocumentPerson>
  }
}

/** A peer did not see what was waited for, or its process came to an end. */
export class PeerError extends Schema.TaggedError<PeerError>()("PeerError", {
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/** A client in a process of its own. It can join one room after another. */
export interface Peer {
  readonly kind: Kind
  /** Whether its process runs. */
  readonly isRunning: () => boolean
  /** Makes a client in the room, as the user that the token names; it leaves with the scope. */
  readonly join: (
    room: Room,
    token: string,
    options?: { readonly announceInterval?: number }
  ) => Effect.Effect<void, PeerError, Scope.Scope>
  readonly report: (places: ReadonlyArray<Place>) => Effect.Effect<void, PeerError>
  readonly watch: (documentId: string, path: Place["path"]) => Effect.Effect<void, PeerError>
  /** Says goodbye. Its process runs on. */
  readonly leave: Effect.Effect<void, PeerError>
  /** SIGKILL: no code of it runs after that. */
  readonly kill: Effect.Effect<void>
  /** Waits until what it sees is as expected. */
  readonly until: (
    what: string,
    isExpected: (view: View) => boolean
  ) => Effect.Effect<View, PeerError>
}

/** Far longer than anything takes on a busy machine, in milliseconds. */
const patience = 15_000

/** The same for the start of a process, which is half a second of computing on an idle machine. */
const startPatience = 45_000

const nothing: View = { people: [], events: [], document: { all: [], below: [] } }

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Message))

type Child = ChildProcessByStdio<Writable, Readable, Readable>

const isRunning = ({ exitCode, pid, signalCode }: Child): boolean =>
  pid !== undefined && exitCode === null && signalCode === null

const kill = (child: Child): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (!isRunning(child)) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill("SIGKILL")
  })

const script = (kind: Kind) => join(import.meta.dirname, "peers", `${kind}.ts`)

const start = (kind: Kind) =>
  Effect.acquireRelease(
    Effect.sync((): Child =>
      spawnProcess(process.execPath, [script(kind)], { stdio: ["pipe", "pipe", "pipe"] })
    ),
    kill
  )

/** Starts a peer. Its process ends with the scope. */
export const spawn = Effect.fnUntraced(function* (
  kind: Kind
): Effect.fn.Return<Peer, PeerError, Scope.Scope> {
  const child = yield* start(kind)
  const waiting = new Set<() => void>()
  let view = nothing
  let isReady = false
  let sent = 0
  let done = 0
  let stderr = ""
  let problem: string | undefined

  const fail = (why: string) => {
    problem ??= why
    look()
  }
  const look = () => {
    for (const check of Array.from(waiting)) check()
  }
  const receive = (line: string) => {
    const message = Option.getOrUndefined(decode(line))
    switch (message?.type) {
      case undefined:
        return fail(`said what no peer says: ${line}`)
      case "ready":
        isReady = true
        break
      case "done":
        done += 1
        break
      case "people":
        view = { ...view, people: message.people }
        break
      case "event":
        view = { ...view, events: [...view.events, message.event] }
        break
      case "document":
        view = { ...view, document: message }
        break
    }
    look()
  }
  createInterface({ input: child.stdout }).on("line", receive)
  child.stderr.on("data", (data) => {
    stderr = `${stderr}${String(data)}`.slice(-2_000)
  })
  // Once all that it wrote has been read.
  child.once("close", (code, signal) => fail(`came to an end (${code ?? signal}). ${stderr}`))
  child.once("error", (error) => fail(`could not be started: ${error.message}`))
  // What is written to a process that is gone is reported by its end.
  child.stdin.on("error", () => undefined)

  const wait = (
    what: string,
    isExpected: () => boolean,
    duration = patience
  ): Effect.Effect<View, PeerError> => {
    let check: () => void
    return Effect.callback<View, PeerError>((resume) => {
      check = () => {
        if (isExpected()) return resume(Effect.succeed(view))
        if (problem !== undefined) {
          const detail = `The ${kind} peer ${problem} It was to show ${what}.`
          resume(Effect.fail(new PeerError({ detail })))
        }
      }
      waiting.add(check)
      check()
    }).pipe(
      Effect.timeoutOrElse({
        duration,
        orElse: () => {
          const detail = `The ${kind} peer did not show ${what} within ${duration / 1_000} s. What it saw last: ${JSON.stringify({ people: view.people, document: view.document, lastEvents: view.events.slice(-3) })} ${stderr}`
          return Effect.fail(new PeerError({ detail }))
        }
      }),
      Effect.ensuring(Effect.sync(() => waiting.delete(check)))
    )
  }

  const command = (command: Command) =>
    Effect.suspend(() => {
      sent += 1
      const number = sent
      child.stdin.write(`${JSON.stringify(command)}\n`)
      return Effect.asVoid(wait(`the end of "${command.type}"`, () => done >= number))
    })

  const leave = command({ type: "leave" })

  yield* wait("that it has started", () => isReady, startPatience)

  return {
    kind,
    isRunning: () => isRunning(child),
    join: (room, token, options = {}) =>
      Effect.acquireRelease(
        Effect.suspend(() => {
          view = nothing
          return command({ type: "join", ...room, token, ...options })
        }),
        () => Effect.suspend(() => (isRunning(child) ? Effect.orDie(leave) : Effect.void))
      ),
    report: (places) => command({ type: "report", places }),
    watch: (documentId, path) => command({ type: "watch", documentId, path }),
    leave,
    kill: kill(child),
    until: (what, isExpected) => wait(what, () => isExpected(view))
  }
})
