/**
 * A WebSocket from its opening to its end: frames in, text out.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { notConnected, type TransportError } from "../Transport.ts"
import {
  broken,
  type ConnectionEnd,
  fromClose,
  noWebSocket,
  unanswered,
  unreachable
} from "./ConnectionEnd.ts"

/**
 * An open WebSocket.
 *
 * - `write`: sends text; fails where the socket is no longer open.
 * - `closeNow`: begins the closing handshake within the call.
 */
export interface FrameSocket {
  readonly write: (text: string) => Effect.Effect<void, TransportError>
  readonly closeNow: () => void
}

/** What a socket tells, within the call: that it is `opened`, once, and each frame after that. */
export interface Listener {
  readonly opened: (socket: FrameSocket) => void
  /** Text, or something binary, of whatever kind the platform makes. */
  readonly frame: (data: unknown) => void
}

/** The longest time that timers of the platform can wait, in milliseconds: longer ones ring at once. */
const longestTimer = 2 ** 31 - 1

/**
 * Opens a WebSocket and tells what comes, until it ends, which it fails with. It closes with the scope.
 *
 * `effect/socket` has one that is read by a fiber. This one is listened to: whatever a fiber costs to
 * wake up is more than an event costs to decode, and there is one for every event in a quiet room.
 */
export const run = (
  url: string,
  openTimeout: Duration.Duration,
  listener: Listener
): Effect.Effect<never, ConnectionEnd, Socket.WebSocketConstructor | Scope.Scope> =>
  Effect.gen(function* () {
    const timeout = Math.min(Duration.toMillis(openTimeout), longestTimer)
    const socket = yield* acquire(url, timeout)
    const opening = Deferred.makeUnsafe<void, ConnectionEnd>()
    const ending = Deferred.makeUnsafe<never, ConnectionEnd>()
    let phase: "opening" | "open" | "ended" = "opening"
    const finish = (exit: Effect.Effect<never, ConnectionEnd>) => {
      phase = "ended"
      Deferred.doneUnsafe(opening, exit)
      Deferred.doneUnsafe(ending, exit)
    }
    const end = (reason: ConnectionEnd) => finish(Effect.fail(reason))
    // A bug, or input that nobody thought of, ends one connection, never the transport.
    const safely = (listen: () => void) => {
      try {
        listen()
      } catch (defect) {
        finish(Effect.die(defect))
      }
    }
    const open = () => {
      if (phase !== "opening") return
      phase = "open"
      Deferred.doneUnsafe(opening, Effect.void)
      safely(() => listener.opened({ write, closeNow }))
    }
    const write = (text: string) =>
      Effect.suspend(() =>
        socket.readyState === 1
          ? Effect.try({ try: () => socket.send(text), catch: () => notConnected })
          : Effect.fail(notConnected)
      )
    const closeNow = () => {
      if (socket.readyState === 1) socket.close(1000)
    }
    socket.addEventListener("open", open)
    socket.addEventListener("message", ({ data }) => {
      if (phase === "open") safely(() => listener.frame(data))
    })
    // Never taken off: in Node, an error that nobody listens to ends the process.
    socket.addEventListener("error", () => end(phase === "opening" ? unreachable(url) : broken))
    socket.addEventListener("close", ({ code = 1006, reason = "" }) => end(fromClose(code, reason)))
    yield* Effect.addFinalizer(() => Effect.sync(() => (phase = "ended")))
    if (socket.readyState === 1) open()
    if (socket.readyState > 1) end(broken)
    yield* Effect.timeoutOrElse(Deferred.await(opening), {
      duration: timeout,
      orElse: () => Effect.fail(unanswered(url))
    })
    return yield* Deferred.await(ending)
  })

/**
 * Closing in the middle of a handshake makes browsers log an error, so the close is put off to its end,
 * as long as it may take (milliseconds).
 */
const acquire = (
  url: string,
  openTimeout: number
): Effect.Effect<Socket.WebSocketLike, ConnectionEnd, Socket.WebSocketConstructor | Scope.Scope> =>
  Effect.acquireRelease(
    Socket.WebSocketConstructor.use((makeWebSocket) =>
      Effect.try({
        try: () => makeWebSocket(url),
        catch: (error) =>
          error instanceof TypeError && typeof WebSocket === "undefined"
            ? noWebSocket
            : unreachable(url)
      })
    ),
    (socket, exit) =>
      Effect.sync(() => {
        const close = () => socket.close(1000)
        if (socket.readyState > 1) return
        if (socket.readyState === 1 || !Exit.hasInterrupts(exit)) return close()
        // Against a server that never answers, the handshake would hold the socket, and a process.
        const timer = setTimeout(close, openTimeout)
        if (typeof timer === "object") timer.unref()
        const onOpen = () => {
          clearTimeout(timer)
          close()
        }
        socket.addEventListener("open", onOpen, { once: true })
      })
  )
