/**
 * A room whose sockets the test moves by hand, and frames that it draws by hand.
 */
import { afterEach, beforeEach, vi } from "@effect/vitest"
import { act, cleanup } from "@testing-library/react"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Component, type ReactNode } from "react"
import { Auth, BifurTransport, Presence, SanityClient } from "../../../src/index.ts"
import * as FakeWebSocket from "../../support/FakeWebSocket.ts"

const sanity = SanityClient.layer({ projectId: "abc", dataset: "d" })

// Effect takes the monotonic clock of Node when it is loaded, before a test can fake it.
const monotonic = () => BigInt(Math.round(performance.now() * 1_000_000))
const pageClock = Effect.map(Clock.Clock, (clock) => ({
  ...clock,
  currentTimeMillisUnsafe: () => Date.now(),
  currentTimeNanosUnsafe: () => BigInt(Date.now()) * 1_000_000n,
  sleep: clock.sleep.bind(clock),
  monotonicTimeNanosUnsafe: monotonic,
  monotonicTimeNanos: Effect.sync(monotonic)
}))

/** Presence on sockets that the test moves, and on the clocks that it fakes. */
export const fakePresence = () => {
  const { layer: webSocket, sockets } = FakeWebSocket.make()
  const layer = Presence.layer.pipe(
    Layer.provide(BifurTransport.layerWebSocket),
    Layer.provide(webSocket),
    Layer.provide(Auth.layerNone),
    Layer.provide(sanity),
    Layer.provideMerge(Layer.effect(Clock.Clock, pageClock))
  )
  return { sockets, layer }
}

/** Moves the fake clocks on, in milliseconds. */
export const advance = (milliseconds: number) =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(milliseconds)
  })

/** Milliseconds from one frame to the next, of the fake clocks. */
const frame = 16

/** Lets everything run that waits for no clock, and draws a frame. */
export const flush = async () => {
  if (!vi.isFakeTimers()) return act(() => Effect.runPromise(FakeWebSocket.settle))
  // What arrives together is taken in together, a moment later.
  await advance(2)
  await advance(frame)
}

/** For each test of a file: fake clocks, and an empty page afterwards. */
export const withFakeClocks = () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(async () => {
    cleanup()
    vi.unstubAllGlobals()
    // The rooms are left, and no frame is waited for that is never drawn.
    await advance(3_000)
    vi.useRealTimers()
  })
}

/** A component that shows nothing, and what a hook returned to it, render by render. */
export const probe = <A, P = unknown>(useValue: (props: P) => A) => {
  const renders: Array<A> = []
  const Probe = (props: P): ReactNode => {
    renders.push(useValue(props))
    return null
  }
  const last = (): A => {
    if (renders.length === 0) throw new Error("nothing was rendered")
    return renders[renders.length - 1] as A
  }
  return { Probe, renders, last }
}

/** Catches what is thrown below it, in order; `reset` shows its children again. */
export const makeBoundary = () => {
  const errors: Array<unknown> = []
  let reset = () => {}
  class Boundary extends Component<{ readonly children?: ReactNode }> {
    override state = { failed: false }
    static getDerivedStateFromError() {
      return { failed: true }
    }
    override componentDidCatch(error: unknown) {
      errors.push(error)
    }
    override render() {
      reset = () => this.setState({ failed: false })
      return this.state.failed ? <p>failed</p> : this.props.children
    }
  }
  return { Boundary, errors, reset: () => act(() => reset()) }
}

/** Opens the newest socket, up to the subscription. */
export const connect = async (sockets: FakeWebSocket.FakeSockets) => {
  await flush()
  const socket = sockets.last()
  socket.open()
  await flush()
  socket.reply("presence_subscribe", { result: "sub" })
  await flush()
  return socket
}

/** A frame with an event of the room. */
const event = (result: unknown) =>
  JSON.stringify({
    jsonrpc: "2.0",
    method: "presence_subscription",
    params: { subscription: "sub", result }
  })

/** What somebody announces; at one place, in one session, unless it is said otherwise. */
export interface Announced {
  readonly documentId?: string
  readonly path?: ReadonlyArray<unknown>
  readonly sessionId?: string
  readonly lastActiveAt?: string
}

/** A frame in which a user announces where they are. */
export const announced = (
  user: string,
  { documentId = "drafts.a", path = [], lastActiveAt = "2026-01-01", sessionId }: Announced = {}
) =>
  event({
    type: "state",
    i: user,
    m: {
      sessionId: sessionId ?? `session-of-${user}`,
      locations: [{ type: "document", documentId, path, lastActiveAt }]
    }
  })

/** A frame in which a user says goodbye. */
export const left = (user: string, session = `session-of-${user}`) =>
  event({ type: "disconnect", i: user, m: { session } })

/** Where a session announced to be, announce by announce: document and path of each place. */
export const announces = (
  socket: FakeWebSocket.FakeWebSocket
): ReadonlyArray<ReadonlyArray<string>> =>
  socket.sent
    .filter(({ method }) => method === "presence_announce")
    .map(({ params }) => {
      const { data } = params as { data: { locations: ReadonlyArray<Place> } }
      return data.locations.map(({ documentId, path }) => [documentId, ...path].join(" "))
    })

interface Place {
  readonly documentId: string
  readonly path: ReadonlyArray<string>
}
