// @vitest-environment happy-dom
import { afterEach, assert, describe, it, vi } from "@effect/vitest"
import { act, cleanup, render, screen } from "@testing-library/react"
import { Fragment, type ReactNode, StrictMode, Suspense, useEffect } from "react"
import { hydrateRoot } from "react-dom/client"
import { renderToString } from "react-dom/server"
import { PresenceError } from "../../src/index.ts"
import {
  PresenceProvider,
  type PresenceProviderProps,
  type PresenceStatus,
  type UsePresence,
  usePresence,
  usePresenceStatus
} from "../../src/react/index.ts"
import { announced, connect, fakePresence, flush, left, makeBoundary } from "./support/room.tsx"

/** Shows everything that the hook returns and counts its renders. */
const renders: Array<UsePresence> = []
function People(): ReactNode {
  const presence = usePresence()
  renders.push(presence)
  return (
    <div>
      <p data-testid="status">{presence.status._tag}</p>
      <ul>
        {presence.locations.map(({ locations, sessionId, user }) => (
          <li key={sessionId}>{`${user.id} in ${locations[0]?.path.join(".")}`}</li>
        ))}
      </ul>
    </div>
  )
}
const people = () => screen.queryAllByRole("listitem").map(({ textContent }) => textContent)
const last = (): UsePresence => {
  const presence = renders.at(-1)
  if (presence === undefined) throw new Error("nothing was rendered")
  return presence
}

const mount = (props: PresenceProviderProps, wrapper = StrictMode) =>
  render(
    <PresenceProvider {...props}>
      <People />
    </PresenceProvider>,
    { wrapper }
  )

afterEach(() => {
  cleanup()
  vi.useRealTimers()
  renders.length = 0
})

describe("a provider that comes right back in another place", () => {
  const Reporting = () => {
    const { reportPresence, self } = usePresence()
    useEffect(() => reportPresence([{ documentId: "drafts.a", path: ["title"] }]), [reportPresence])
    return <p data-testid="self">{self.sessionId ?? ""}</p>
  }
  const Silent = () => {
    const { self } = usePresence()
    return <p data-testid="self">{`${self.sessionId} ${self.locations?.length}`}</p>
  }

  for (const strict of [true, false]) {
    it(`[P2] is the same session on the same socket, where it reports anew${strict ? ", in StrictMode" : ""}`, async () => {
      const { layer, sockets } = fakePresence()
      const Mode = strict ? StrictMode : Fragment
      const show = (key: string, child: ReactNode) => (
        <Mode>
          <PresenceProvider key={key} layer={layer}>
            {child}
          </PresenceProvider>
        </Mode>
      )
      const { rerender, unmount } = render(show("one", <Reporting />))
      const socket = await connect(sockets)
      const { textContent: first } = screen.getByTestId("self")
      rerender(<Mode />)
      rerender(show("two", <Silent />))
      await flush()
      assert.strictEqual(screen.getByTestId("self").textContent, `${first} 0`)
      rerender(<Mode />)
      rerender(show("three", <Reporting />))
      await flush()
      assert.strictEqual(screen.getByTestId("self").textContent, first)
      assert.strictEqual(sockets.all.length, 1)
      assert.notInclude(socket.methods, "presence_disconnect")
      unmount()
      // The linger, and the goodbye that nobody answers here.
      await vi.waitFor(() => assert.strictEqual(socket.readyState, 3), { timeout: 5_000 })
      assert.include(socket.methods, "presence_disconnect")
    })
  }

  it("[H3] two at the same time share one connection, and two session keys make two", async () => {
    const { layer, sockets } = fakePresence()
    mount({ layer })
    mount({ layer })
    await flush()
    assert.strictEqual(sockets.all.length, 1)
    mount({ layer, sessionKey: "another" })
    await flush()
    assert.strictEqual(sockets.all.length, 2)
  })
})

describe("usePresenceStatus", () => {
  it("[C8] says in words how the connection is, renders only for that, and hurries it", async () => {
    const { layer, sockets } = fakePresence()
    const seen: Array<PresenceStatus> = []
    const Status = () => {
      const presence = usePresenceStatus()
      useEffect(() => void seen.push(presence))
      return null
    }
    render(
      <PresenceProvider layer={layer}>
        <Status />
      </PresenceProvider>
    )
    const socket = await connect(sockets)
    const { length } = seen
    socket.receive(announced("p-ada", { path: ["title"] }))
    await flush()
    assert.strictEqual(seen.length, length)
    socket.serverClose(4004)
    await flush()
    assert.strictEqual(seen.at(-1)?.status._tag, "Failed")
    assert.include(seen.at(-1)?.description, "Check the project id")
    act(() => seen.at(-1)?.retryNow())
    await connect(sockets)
    assert.strictEqual(seen.at(-1)?.description, "Connected.")
    assert.isTrue(seen.every(({ retryNow }) => retryNow === seen[0]?.retryNow))
  })
})

describe("usePresence", () => {
  it("shows everyone else, moving and leaving", async () => {
    const { layer, sockets } = fakePresence()
    mount({ layer })
    assert.strictEqual(screen.getByTestId("status").textContent, "Connecting")
    const socket = await connect(sockets)
    assert.strictEqual(screen.getByTestId("status").textContent, "Connected")
    socket.receive(announced("p-ada", { path: ["title"] }), announced("p-bob", { path: ["body"] }))
    await flush()
    assert.deepStrictEqual(people(), ["p-ada in title", "p-bob in body"])
    socket.receive(announced("p-ada", { path: ["slug"] }))
    await flush()
    assert.deepStrictEqual(people(), ["p-ada in slug", "p-bob in body"])
    socket.receive(left("p-bob"))
    await flush()
    assert.deepStrictEqual(people(), ["p-ada in slug"])
  })

  it("[R8] does not render for a heartbeat, and keeps the unmoved identical", async () => {
    const { layer, sockets } = fakePresence()
    mount({ layer })
    const socket = await connect(sockets)
    socket.receive(announced("p-ada", { path: ["title"] }), announced("p-bob", { path: ["body"] }))
    await flush()
    // The first one that is active without moving tells that there is activity to tell of.
    socket.receive(announced("p-ada", { path: ["title"], lastActiveAt: "2026-02" }))
    await flush()
    const { length } = renders
    const before = last()
    for (let index = 0; index < 10; index++)
      socket.receive(announced("p-ada", { path: ["title"], lastActiveAt: `2026-03-0${index}` }))
    await flush()
    assert.strictEqual(renders.length, length)
    socket.receive(announced("p-bob", { path: ["slug"] }))
    await flush()
    assert.strictEqual(last().locations[0], before.locations[0])
    assert.notStrictEqual(last().locations[1], before.locations[1])
  })

  it("[P3] [A1] reports with the same function on every render, and silently until then", async () => {
    const { layer, sockets } = fakePresence()
    mount({ layer })
    const socket = await connect(sockets)
    assert.notInclude(socket.methods, "presence_announce")
    assert.strictEqual(new Set(renders.map(({ reportPresence }) => reportPresence)).size, 1)
    assert.isUndefined(last().self.locations)
    act(() => last().reportPresence([{ documentId: "drafts.a", path: ["title"] }]))
    await flush()
    assert.include(socket.methods, "presence_announce")
    assert.deepStrictEqual(last().self.locations?.[0]?.path, ["title"])
    assert.strictEqual(new Set(renders.map(({ reportPresence }) => reportPresence)).size, 1)
  })

  it("announces what a child reported while it mounted, before anything was connected", async () => {
    function Reporter(): ReactNode {
      const { reportPresence } = usePresence()
      useEffect(() => reportPresence([{ documentId: "drafts.early" }]), [reportPresence])
      return null
    }
    const { layer, sockets } = fakePresence()
    render(
      <PresenceProvider layer={layer}>
        <Reporter />
      </PresenceProvider>
    )
    const socket = await connect(sockets)
    const sent = socket.sent.find(({ method }) => method === "presence_announce")
    assert.include(JSON.stringify(sent), "drafts.early")
  })

  it("explains itself where there is no provider", () => {
    const onError = vi.spyOn(console, "error").mockImplementation(() => {})
    try {
      render(<People />)
      assert.fail("threw nothing")
    } catch (error) {
      assert.instanceOf(error, PresenceError)
      assert.include(error.message, "<PresenceProvider>")
    } finally {
      onError.mockRestore()
    }
  })
})

describe("PresenceProvider", () => {
  it("[P2] opens one socket in StrictMode, however often it renders", async () => {
    const { layer, sockets } = fakePresence()
    const { rerender } = mount({ layer })
    for (let index = 0; index < 5; index++) {
      rerender(
        <PresenceProvider layer={layer}>
          <People />
        </PresenceProvider>
      )
    }
    await connect(sockets)
    assert.strictEqual(sockets.all.length, 1)
  })

  it("[P2] [C9] unmounting says disconnect and closes the socket", async () => {
    const { layer, sockets } = fakePresence()
    const { unmount } = mount({ layer, config: { lingerTimeout: 0 } })
    const socket = await connect(sockets)
    act(() => last().reportPresence([]))
    await flush()
    unmount()
    await vi.waitFor(() => assert.include(socket.methods, "presence_disconnect"))
    assert.deepStrictEqual(socket.closes, [])
    socket.reply("presence_disconnect")
    await vi.waitFor(() => assert.strictEqual(socket.closes.length, 1))
    assert.strictEqual(sockets.all.length, 1)
  })

  it("[P2] a provider that comes right back never left", async () => {
    const { layer, sockets } = fakePresence()
    function Toggle({ on }: { readonly on: boolean }): ReactNode {
      const presence = usePresence()
      renders.push(presence)
      return on ? <People /> : null
    }
    const tree = (on: boolean) => (
      <PresenceProvider layer={layer}>
        <Toggle on={on} />
      </PresenceProvider>
    )
    const { rerender } = render(tree(true), { wrapper: StrictMode })
    const socket = await connect(sockets)
    rerender(tree(false))
    rerender(tree(true))
    await flush()
    assert.strictEqual(sockets.all.length, 1)
    assert.deepStrictEqual(socket.closes, [])
  })

  it("another room is another connection, and the old one is left", async () => {
    const first = fakePresence()
    const second = fakePresence()
    const config = { lingerTimeout: 0 }
    const tree = (layer: PresenceProviderProps["layer"]) => (
      <PresenceProvider layer={layer} config={config}>
        <People />
      </PresenceProvider>
    )
    const { rerender } = render(tree(first.layer))
    const before = await connect(first.sockets)
    before.receive(announced("p-ada", { path: ["title"] }))
    await flush()
    assert.deepStrictEqual(people(), ["p-ada in title"])
    rerender(tree(second.layer))
    await connect(second.sockets)
    assert.deepStrictEqual(people(), [])
    await vi.waitFor(() => assert.strictEqual(before.closes.length, 1))
    assert.strictEqual(second.sockets.all.length, 1)
  })

  it("gives an error boundary the typed error where its props name no room", () => {
    const onError = vi.spyOn(console, "error").mockImplementation(() => {})
    const { Boundary, errors } = makeBoundary()
    render(
      <Boundary>
        <PresenceProvider projectId="abc">
          <People />
        </PresenceProvider>
      </Boundary>
    )
    onError.mockRestore()
    const [caught] = errors
    assert.instanceOf(caught, PresenceError)
    assert.strictEqual(caught.reason._tag, "InvalidConfiguration")
  })

  it("[P4] renders on the server without a connection, and hydrates without a mismatch", async () => {
    const { layer, sockets } = fakePresence()
    const tree = (
      <PresenceProvider layer={layer}>
        <People />
      </PresenceProvider>
    )
    const html = renderToString(tree)
    assert.include(html, "Connecting")
    assert.strictEqual(sockets.all.length, 0)
    const container = document.createElement("div")
    container.innerHTML = html
    document.body.append(container)
    const problems: Array<unknown> = []
    const root = await act(() =>
      hydrateRoot(container, tree, { onRecoverableError: (error) => problems.push(error) })
    )
    await connect(sockets)
    assert.deepStrictEqual(problems, [])
    assert.include(container.innerHTML, "Connected")
    act(() => root.unmount())
    container.remove()
  })

  it("[P4] a boundary that hydrates after the provider has connected matches too", async () => {
    const { layer, sockets } = fakePresence()
    let release = () => {}
    let gate: Promise<void> | undefined
    const Gate = ({ children }: { readonly children: ReactNode }) => {
      // React 18 has no `use`.
      if (gate !== undefined) throw gate
      return children
    }
    const tree = (
      <PresenceProvider layer={layer}>
        <People />
        <Suspense fallback={null}>
          <Gate>
            <People />
          </Gate>
        </Suspense>
      </PresenceProvider>
    )
    const container = document.createElement("div")
    container.innerHTML = renderToString(tree)
    document.body.append(container)
    gate = new Promise((resolve) => {
      release = () => {
        gate = undefined
        resolve()
      }
    })
    const problems: Array<unknown> = []
    const root = await act(() =>
      hydrateRoot(container, tree, { onRecoverableError: (error) => problems.push(error) })
    )
    await connect(sockets)
    await act(async () => release())
    await flush()
    assert.deepStrictEqual(problems, [])
    assert.strictEqual(container.textContent?.match(/Connected/g)?.length, 2)
    act(() => root.unmount())
    container.remove()
  })
})
