/**
 * Real clients, in one process: each the Presence service over its own WebSocket, in one document.
 *
 * On the line `mark` they begin to count, on `progress` they print a {@link Progress}, on `course` a
 * {@link Course}.
 */
import { subscribe } from "node:diagnostics_channel"
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Method } from "../../src/bifur/BifurEvent.ts"
import { Auth, BifurTransport, Presence, PresenceConfig, SanityClient } from "../../src/index.ts"
import { now } from "./clock.ts"

/**
 * - `from`, `count`: which of all `sessions` are in this process.
 * - `config`: what of the defaults to change.
 */
export interface Clients {
  readonly url: string
  readonly dataset: string
  readonly from: number
  readonly count: number
  readonly sessions: number
  readonly config: PresenceConfig.PresenceConfigInput
}

/** How many are connected, and how many of them see everyone, all heard of since. */
export interface Progress {
  readonly connected: number
  readonly complete: number
}

/**
 * What happened since the mark; times by the clock of the machine.
 *
 * - `attempts`: when a WebSocket was made; `questions`: when the API was asked anything over HTTP.
 * - `backAt`: when each client had a connection again last, null if it never lost one; `blind`: how
 *   long it was without one at most.
 * - `announces`: how many each sent. `changes`: how often any was told what of another.
 */
export interface Course {
  readonly attempts: ReadonlyArray<number>
  readonly questions: ReadonlyArray<number>
  readonly backAt: ReadonlyArray<number | null>
  readonly blind: ReadonlyArray<number>
  readonly announces: ReadonlyArray<number>
  readonly changes: { readonly [tag: string]: number }
}

const input: Clients = JSON.parse(process.argv[2] ?? "null")

let attempts: Array<number> = []
let questions: Array<number> = []
let changes: Record<string, number> = {}

// Of `fetch` and of `http`, whichever the client takes; the opening of a WebSocket is not one.
const isQuestion = (path: unknown) => typeof path === "string" && path.includes("/users/")
subscribe("undici:request:create", (message) => {
  const { path } = Object(Object(message).request)
  if (isQuestion(path)) questions.push(now())
})
subscribe("http.client.request.start", (message) => {
  const { path } = Object(Object(message).request)
  if (isQuestion(path)) questions.push(now())
})

interface Client {
  readonly presence: Presence["Service"]
  announces: number
  lostAt: number | null
  backAt: number | null
  blind: number
}

const untouched = { announces: 0, lostAt: null, backAt: null, blind: 0 }

/** Counts the attempts, and the announces of one client. */
const countingWebSocket = (announced: () => void) =>
  Layer.succeed(Socket.WebSocketConstructor)((url) => {
    attempts.push(now())
    const socket = new WebSocket(url)
    const send = socket.send.bind(socket)
    socket.send = (data) => {
      if (String(data).includes(`"${Method.announce}"`)) announced()
      send(data)
    }
    return socket
  })

const join = Effect.fnUntraced(function* (number: number) {
  const announced = () => {
    client.announces += 1
  }
  const layer = Layer.fresh(Presence.layer).pipe(
    Layer.provide(Layer.fresh(BifurTransport.layerWebSocket)),
    Layer.provide(countingWebSocket(announced)),
    Layer.provide(Auth.layerToken(`p-client-${number}`)),
    Layer.provide(
      SanityClient.layer({ projectId: "demo", dataset: input.dataset, apiHost: input.url })
    ),
    Layer.provide(PresenceConfig.layer(input.config))
  )
  const presence = yield* Effect.provide(Presence.use(Effect.succeed), yield* Layer.build(layer))
  const client: Client = { presence, ...untouched }
  yield* presence.changes.pipe(
    Stream.runForEach((change) =>
      Effect.sync(() => {
        if (change._tag === "Reset") return
        const what = change._tag === "Left" ? `Left, ${change.reason}` : change._tag
        changes[what] = (changes[what] ?? 0) + 1
      })
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* SubscriptionRef.changes(presence.status).pipe(
    Stream.runForEach(({ _tag }) =>
      Effect.sync(() => {
        if (_tag !== "Connected") {
          client.lostAt ??= now()
          return
        }
        client.backAt = now()
        client.blind = Math.max(client.blind, client.backAt - (client.lostAt ?? client.backAt))
        client.lostAt = null
      })
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  yield* presence.report([{ documentId: "drafts.book", path: [`field-${number}`] }])
  return client
})

const isConnected = ({ presence }: Client) =>
  SubscriptionRef.getUnsafe(presence.status)._tag === "Connected"

const seesEveryone = ({ presence }: Client): boolean => {
  const { members } = SubscriptionRef.getUnsafe(presence.state)
  if (HashMap.size(members) !== input.sessions - 1) return false
  for (const { session } of HashMap.values(members)) if (session.stale) return false
  return true
}

const serve = (clients: ReadonlyArray<Client>) => {
  const mark = () => {
    attempts = []
    questions = []
    changes = {}
    for (const client of clients) Object.assign(client, untouched)
  }
  const progress = (): Progress => {
    const connected = clients.filter(isConnected)
    return { connected: connected.length, complete: connected.filter(seesEveryone).length }
  }
  const course = (): Course => ({
    attempts,
    questions,
    changes,
    backAt: clients.map(({ backAt }) => backAt),
    blind: clients.map(({ blind }) => blind),
    announces: clients.map(({ announces }) => announces)
  })
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      if (line === "mark") mark()
      console.log(JSON.stringify(line === "course" ? course() : progress()))
    })
    .once("close", () => process.exit())
  console.log("here")
}

const program = Effect.gen(function* () {
  const clients: Array<Client> = []
  for (let n = 0; n < input.count; n++) clients.push(yield* join(input.from + n))
  serve(clients)
  return yield* Effect.never
})

await Effect.runPromise(Effect.scoped(program))
