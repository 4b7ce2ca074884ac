// @vitest-environment happy-dom
import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import { act, render, screen } from "@testing-library/react"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Fragment, type ReactNode, StrictMode, Suspense } from "react"
import { Presence, PresenceError, type PresenceHandle } from "../../src/index.ts"
import {
  PresenceProvider,
  type PresenceProviderProps,
  usePresenceHandle,
  useReportPresence,
  useSuspensePresence
} from "../../src/react/index.ts"
import {
  advance,
  announced,
  announces,
  connect,
  fakePresence,
  flush,
  makeBoundary,
  probe,
  withFakeClocks
} from "./support/room.tsx"

withFakeClocks()

// React tells of what a boundary caught.
beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}))
afterEach(() => void vi.restoreAllMocks())

function People(): ReactNode {
  const { locations, self } = useSuspensePresence()
  return (
    <p data-testid="people">{`${locations.map(({ user }) => user.id).join()} ${self.sessionId !== undefined}`}</p>
  )
}
const people = () => screen.queryByTestId("people")?.textContent
const isWaiting = () => screen.queryByText("waiting") !== null
const hasFailed = () => screen.queryByText("failed") !== null

/** The provider above the boundary, or below it. */
const inside = (layer: PresenceProviderProps["layer"], children: ReactNode = <People />) => (
  <PresenceProvider layer={layer}>
    <Suspense fallback={<p>waiting</p>}>{children}</Suspense>
  </PresenceProvider>
)
const outside = (layer: PresenceProviderProps["layer"], children: ReactNode = <People />) => (
  <Suspense fallback={<p>waiting</p>}>
    <PresenceProvider layer={layer}>{children}</PresenceProvider>
  </Suspense>
)

/** Longer than the roll call may take. In steps, after each of which React may render. */
const settled = async () => {
  for (let step = 0; step < 40; step++) await advance(100)
}

const reasonOf = (error: unknown) => (error instanceof PresenceError ? error.reason._tag : error)

describe("useSuspensePresence", () => {
  for (const [where, tree] of [
    ["below", inside],
    ["above", outside]
  ] as const) {
    for (const Mode of [Fragment, StrictMode]) {
      const name = `a boundary ${where} the provider${Mode === StrictMode ? ", in StrictMode" : ""}`

      it(`[H4] waits for the first roll call, then shows who is there, in ${name}`, async () => {
        const { layer, sockets } = fakePresence()
        render(tree(layer), { wrapper: Mode })
        assert.isTrue(isWaiting())
        const socket = await connect(sockets)
        socket.receive(announced("p-ada"), announced("p-bob"))
        await flush()
        assert.isTrue(isWaiting())
        await settled()
        assert.isFalse(isWaiting())
        assert.strictEqual(people(), "p-ada,p-bob true")
        assert.strictEqual(sockets.all.length, 1)
        assert.notInclude(socket.methods, "presence_announce")
        // It goes on like usePresence.
        socket.receive(announced("p-eve"))
        await flush()
        assert.strictEqual(people(), "p-ada,p-bob,p-eve true")
      })

      it(`[H4] throws the typed error of a refused token, in ${name}`, async () => {
        const { layer, sockets } = fakePresence()
        const { Boundary, errors } = makeBoundary()
        render(<Boundary>{tree(layer)}</Boundary>, { wrapper: Mode })
        await flush()
        sockets.last().open()
        await flush()
        sockets.last().serverClose(4001)
        await settled()
        assert.isTrue(hasFailed())
        assert.strictEqual(reasonOf(errors[0]), "Unauthorized")
        assert.strictEqual(sockets.all.length, 1)
      })

      for (const delay of [0, 2_000]) {
        it(`[H4] throws the typed error of a layer that fails after ${delay} ms, in ${name}`, async () => {
          const { Boundary, errors } = makeBoundary()
          let builds = 0
          const layer = Layer.effect(
            Presence,
            Effect.sync(() => {
              builds += 1
            }).pipe(
              Effect.andThen(Effect.sleep(delay)),
              Effect.andThen(Effect.fail(new Error("no such room")))
            )
          )
          render(<Boundary>{tree(layer)}</Boundary>, { wrapper: Mode })
          assert.isTrue(isWaiting())
          await settled()
          await settled()
          assert.isTrue(hasFailed())
          assert.strictEqual(reasonOf(errors[0]), "ConnectionFailed")
          assert.include(String(errors[0]), "no such room")
          assert.strictEqual(builds, 1)
        })
      }

      it(`[H4] waits once for a layer that takes longer than a connection lingers, in ${name}`, async () => {
        const { layer, sockets } = fakePresence()
        let builds = 0
        const slow = Layer.unwrap(
          Effect.sync(() => {
            builds += 1
          }).pipe(Effect.andThen(Effect.sleep(3_000)), Effect.as(layer))
        )
        render(tree(slow), { wrapper: Mode })
        await settled()
        await connect(sockets)
        await settled()
        assert.strictEqual(people(), " true")
        assert.strictEqual(builds, 1)
        assert.strictEqual(sockets.all.length, 1)
      })
    }
  }

  it("[H3] [H4] two rooms are waited for each by itself", async () => {
    const [one, two] = [fakePresence(), fakePresence()]
    render(
      <>
        {outside(one.layer)}
        {outside(two.layer)}
      </>
    )
    assert.lengthOf(screen.getAllByText("waiting"), 2)
    const socket = await connect(two.sockets)
    socket.receive(announced("p-ada"))
    await settled()
    assert.isTrue(isWaiting())
    assert.strictEqual(people(), "p-ada true")
    await connect(one.sockets)
    await settled()
    assert.isFalse(isWaiting())
    assert.deepStrictEqual(
      screen.getAllByTestId("people").map(({ textContent }) => textContent),
      [" true", "p-ada true"]
    )
    assert.deepStrictEqual([one.sockets.all.length, two.sockets.all.length], [1, 1])
  })

  it("[H4] a boundary that is reset throws at once until the status has changed, then it waits anew", async () => {
    const { layer, sockets } = fakePresence()
    const { Boundary, errors, reset } = makeBoundary()
    let handle: PresenceHandle | undefined
    function Handle(): ReactNode {
      handle = usePresenceHandle()
      return null
    }
    render(
      <PresenceProvider layer={layer}>
        <Handle />
        <Boundary>
          <Suspense fallback={<p>waiting</p>}>
            <People />
          </Suspense>
        </Boundary>
      </PresenceProvider>
    )
    await flush()
    sockets.last().open()
    await flush()
    sockets.last().serverClose(4004)
    await settled()
    assert.isTrue(hasFailed())
    const { length } = errors
    reset()
    assert.isTrue(hasFailed())
    assert.isAbove(errors.length, length)

    act(() => handle?.retryNow())
    await flush()
    reset()
    assert.isTrue(isWaiting())
    await connect(sockets)
    await settled()
    assert.strictEqual(people(), " true")
    assert.strictEqual(sockets.all.length, 2)
  })

  it("[H4] a boundary around the provider, reset later, connects anew", async () => {
    const { layer, sockets } = fakePresence()
    const { Boundary, reset } = makeBoundary()
    render(<Boundary>{inside(layer)}</Boundary>)
    await flush()
    sockets.last().open()
    await flush()
    sockets.last().serverClose(4004)
    await settled()
    assert.isTrue(hasFailed())
    reset()
    await connect(sockets)
    await settled()
    assert.strictEqual(people(), " true")
    assert.strictEqual(sockets.all.length, 2)
  })

  it("[H1] selects, and renders only when the selection changes", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, last, renders } = probe(() =>
      useSuspensePresence(({ locations }) => locations.length)
    )
    render(inside(layer, <Probe />))
    const socket = await connect(sockets)
    socket.receive(announced("p-ada"))
    await settled()
    assert.strictEqual(last(), 1)
    const { length } = renders
    socket.receive(announced("p-ada", { path: ["title"] }))
    await flush()
    assert.strictEqual(renders.length, length)
  })

  it("[H4] a connection that does not linger is kept until what waited for it is mounted", async () => {
    const { layer, sockets } = fakePresence()
    render(
      <Suspense fallback={<p>waiting</p>}>
        <PresenceProvider layer={layer} config={{ lingerTimeout: 0 }}>
          <People />
        </PresenceProvider>
      </Suspense>
    )
    const socket = await connect(sockets)
    socket.receive(announced("p-ada"))
    await settled()
    assert.strictEqual(people(), "p-ada true")
    assert.strictEqual(sockets.all.length, 1)
  })

  it("[H4] a component that comes later does not wait again", async () => {
    const { layer, sockets } = fakePresence()
    const { rerender } = render(inside(layer))
    await connect(sockets)
    await settled()
    rerender(
      inside(
        layer,
        <>
          <People />
          <i>
            <People />
          </i>
        </>
      )
    )
    assert.isFalse(isWaiting())
    assert.lengthOf(screen.getAllByTestId("people"), 2)
  })

  it("what waits reports nothing; what it reports when it is shown goes out", async () => {
    const { layer, sockets } = fakePresence()
    function Editor(): ReactNode {
      useSuspensePresence()
      useReportPresence({ documentId: "a" })
      return null
    }
    render(outside(layer, <Editor />))
    const socket = await connect(sockets)
    assert.deepStrictEqual(announces(socket), [])
    await settled()
    assert.deepStrictEqual(announces(socket), [["drafts.a"]])
  })

  it("[C9] a tree that is given up while it waits leaves the room", async () => {
    const { layer, sockets } = fakePresence()
    const { unmount } = render(outside(layer))
    const socket = await connect(sockets)
    unmount()
    await settled()
    await settled()
    assert.strictEqual(socket.readyState, 3)
    assert.strictEqual(sockets.all.length, 1)
  })
})
