/**
 * A WebSocket from its opening to its end: frames in, by the burst, and text out.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { notConnected, type TransportError } from "../Transport.ts"
import { broken, type ConnectionEnd, fromClose, unanswered, unreachable } from "./ConnectionEnd.ts"

/** What arrives: text, or something binary, of whatever kind the platform makes. */
export type Frame = unknown

/**
 * An open WebSocket.
 *
 * - `take`: the frames that have arrived, those of one turn of the event loop together; fails once the
 *   socket has ended and all are taken.
 * - `write`: sends text; fails where the socket is no longer open.
 * - `closeNow`: begins the closing handshake within the call.
 */
export interface FrameSocket {
  readonly take: Effect.Effect<ReadonlyArray<Frame>, ConnectionEnd>
  readonly write: (text: string) => Effect.Effect<void, TransportError>
  readonly closeNow: () => void
}

/** The longest time that timers of the platform can wait, in milliseconds: longer ones ring at once. */
const longestTimer = 2 ** 31 - 1

/**
 * Opens a WebSocket, which closes with the scope.
 *
 * `effect/socket` has one too: it gives a reader that waits one frame at a time, so that the others of a
 * burst take another turn, and it weighs more in a browser than all of this module.
 */
export const open = (
  url: string,
  openTimeout: Duration.Duration
): Effect.Effect<FrameSocket, ConnectionEnd, Socket.WebSocketConstructor | Scope.Scope> =>
  Effect.gen(function* () {
    const timeout = Math.min(Duration.toMillis(openTimeout), longestTimer)
    const socket = yield* acquire(url, timeout)
    const frames = yield* Queue.unbounded<Frame, ConnectionEnd>()
    const opening = Deferred.makeUnsafe<void, ConnectionEnd>()
    let isOpen = false
    const open = () => {
      isOpen = true
      Deferred.doneUnsafe(opening, Effect.void)
    }
    const end = (reason: ConnectionEnd) => {
      Deferred.doneUnsafe(opening, Effect.fail(reason))
      Queue.failCauseUnsafe(frames, Cause.fail(reason))
    }
    socket.addEventListener("open", open)
    socket.addEventListener("message", ({ data }) => Queue.offerUnsafe(frames, data))
    // Never taken off: in Node, an error that nobody listens to ends the process.
    socket.addEventListener("error", () => end(isOpen ? broken : unreachable(url)))
    socket.addEventListener("close", ({ code = 1006, reason = "" }) => end(fromClose(code, reason)))
    if (socket.readyState === 1) open()
    if (socket.readyState > 1) end(broken)
    yield* Effect.timeoutOrElse(Deferred.await(opening), {
      duration: openTimeout,
      orElse: () => Effect.fail(unanswered(url))
    })
    return {
      take: Queue.takeAll(frames),
      write: (text) => Effect.try({ try: () => socket.send(text), catch: () => notConnected }),
      closeNow: () => {
        if (socket.readyState === 1) socket.close(1000)
      }
    }
  })

/**
 * Closing in the middle of a handshake makes browsers log an error, so whoever lets go of it waits for
 * its end, as long as it may take (milliseconds).
 */
const acquire = (
  url: string,
  openTimeout: number
): Effect.Effect<Socket.WebSocketLike, ConnectionEnd, Socket.WebSocketConstructor | Scope.Scope> =>
  Effect.acquireRelease(
    Socket.WebSocketConstructor.use((makeWebSocket) =>
      Effect.try({ try: () => makeWebSocket(url), catch: () => unreachable(url) })
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
