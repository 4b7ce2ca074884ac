// @vitest-environment happy-dom
import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import { cleanup, render } from "@testing-library/react"
import { Fragment, type ReactNode, StrictMode } from "react"
import {
  PresenceProvider,
  type PresenceProviderProps,
  usePresence,
  usePresenceHandle,
  useReportPresence
} from "../../src/react/index.ts"
import { FakeWebSocket } from "../support/FakeWebSocket.ts"
import {
  advance,
  announced,
  announces,
  connect,
  fakePresence,
  flush,
  probe,
  withFakeClocks
} from "./support/room.tsx"

function Reporter({ documentId }: { readonly documentId: string }): ReactNode {
  useReportPresence({ documentId })
  return null
}

describe("providers of one room", () => {
  withFakeClocks()

  it("[H3] share one socket and one session, and say goodbye after the last one", async () => {
    const { layer, sockets } = fakePresence()
    const one = probe(() => usePresence())
    const other = probe(() => usePresence())
    const show = (isOne: boolean, isOther: boolean) => (
      <>
        {isOne && (
          <PresenceProvider layer={layer}>
            <one.Probe />
            <Reporter documentId="a" />
          </PresenceProvider>
        )}
        {isOther && (
          <PresenceProvider layer={layer}>
            <other.Probe />
            <Reporter documentId="b" />
          </PresenceProvider>
        )}
      </>
    )
    const { rerender } = render(show(true, true))
    const socket = await connect(sockets)
    assert.strictEqual(sockets.all.length, 1)
    assert.deepStrictEqual(announces(socket), [["drafts.a", "drafts.b"]])
    assert.strictEqual(one.last().self.sessionId, other.last().self.sessionId)
    socket.receive(announced("p-ada"))
    await flush()
    assert.strictEqual(one.last().locations, other.last().locations)

    rerender(show(true, false))
    await advance(2_000)
    assert.notInclude(socket.methods, "presence_disconnect")
    assert.deepStrictEqual(announces(socket).at(-1), ["drafts.a"])

    rerender(show(false, false))
    await advance(400)
    assert.notInclude(socket.methods, "presence_disconnect")
    await advance(200)
    assert.include(socket.methods, "presence_disconnect")
    socket.reply("presence_disconnect")
    await flush()
    assert.strictEqual(socket.readyState, 3)
    assert.strictEqual(sockets.all.length, 1)
  })

  it("[H3] [P2] after the goodbye, a provider of the same room is a session of its own", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, last } = probe(() => usePresence(({ self }) => self.sessionId))
    const show = (isThere: boolean) =>
      isThere ? (
        <PresenceProvider layer={layer}>
          <Probe />
        </PresenceProvider>
      ) : null
    const { rerender } = render(show(true))
    await connect(sockets)
    const first = last()
    rerender(show(false))
    await advance(3_000)
    rerender(show(true))
    await connect(sockets)
    assert.strictEqual(sockets.all.length, 2)
    assert.notStrictEqual(last(), first)
  })

  for (const Mode of [Fragment, StrictMode]) {
    it(`[H3] [P2] one that takes the place of another in one commit goes on with the session${Mode === StrictMode ? ", in StrictMode" : ""}`, async () => {
      const { layer, sockets } = fakePresence()
      const { Probe, last } = probe(() => usePresence(({ self }) => self.sessionId))
      const show = (key: string) => (
        <Mode>
          <PresenceProvider key={key} layer={layer}>
            <Probe />
            <Reporter documentId="a" />
          </PresenceProvider>
        </Mode>
      )
      const { rerender } = render(show("one"))
      const socket = await connect(sockets)
      const first = last()
      socket.receive(announced("p-ada"))
      await advance(1_000)
      rerender(show("two"))
      await advance(3_000)
      assert.strictEqual(last(), first)
      assert.strictEqual(sockets.all.length, 1)
      assert.notInclude(socket.methods, "presence_disconnect")
      // It reports the same: nobody sees anything of it.
      assert.deepStrictEqual(announces(socket), [["drafts.a"]])
    })
  }

  it("[H2] what a gone tree reported by hand, even in its last frame, is taken back for the next one", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, last } = probe(() => usePresence())
    const show = (key: string) => (
      <PresenceProvider key={key} layer={layer}>
        <Probe />
      </PresenceProvider>
    )
    const { rerender } = render(show("one"))
    const socket = await connect(sockets)
    last().reportPresence([{ documentId: "a" }])
    await advance(1)
    rerender(show("two"))
    await advance(1_000)
    assert.deepStrictEqual(last().self.locations, [])
    assert.deepStrictEqual(announces(socket).at(-1), [])
  })

  it("[H3] two session keys are two sessions, and the same key is one", async () => {
    const { layer, sockets } = fakePresence()
    const probes = ["a", "a", "b", undefined].map((key) => ({
      key,
      ...probe(() => usePresence(({ self }) => self.sessionId))
    }))
    render(
      <>
        {probes.map(({ Probe, key }, index) => (
          <PresenceProvider key={index} layer={layer} sessionKey={key}>
            <Probe />
          </PresenceProvider>
        ))}
      </>
    )
    await flush()
    assert.strictEqual(sockets.all.length, 3)
    const [a, a2, b, none] = probes.map(({ last }) => last())
    assert.strictEqual(a, a2)
    assert.strictEqual(new Set([a, b, none]).size, 3)
  })

  it("[H3] a changed session key is another session, and the old one is left", async () => {
    const { layer, sockets } = fakePresence()
    const show = (sessionKey: string) => (
      <PresenceProvider layer={layer} sessionKey={sessionKey}>
        <Reporter documentId="a" />
      </PresenceProvider>
    )
    const { rerender } = render(show("a"))
    const before = await connect(sockets)
    rerender(show("b"))
    const after = await connect(sockets)
    await advance(1_000)
    assert.strictEqual(sockets.all.length, 2)
    assert.include(before.methods, "presence_disconnect")
    assert.deepStrictEqual(announces(after), [["drafts.a"]])
  })

  it("[H3] nested in another one of the same room it shares that, with a perspective of its own", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, last } = probe(() => usePresenceHandle())
    render(
      <PresenceProvider layer={layer}>
        <Probe />
        <Reporter documentId="a" />
        <PresenceProvider layer={layer} perspective="published">
          <Probe />
          <Reporter documentId="b" />
        </PresenceProvider>
      </PresenceProvider>
    )
    const socket = await connect(sockets)
    assert.strictEqual(sockets.all.length, 1)
    assert.strictEqual(last().getSelf().getCurrent().locations?.length, 2)
    assert.deepStrictEqual(announces(socket).at(-1)?.toSorted(), ["b", "drafts.a"])
  })

  it("a hook of the room outside of it says that there is no provider", () => {
    const onError = vi.spyOn(console, "error").mockImplementation(() => {})
    assert.throws(() => render(<Reporter documentId="a" />), /<PresenceProvider>/)
    onError.mockRestore()
  })
})

describe("providers with tokens", () => {
  let sockets: Array<FakeWebSocket> = []
  beforeEach(() => {
    sockets = []
    vi.stubGlobal(
      "WebSocket",
      class extends FakeWebSocket {
        constructor(url: string) {
          super(url)
          sockets.push(this)
        }
      }
    )
  })
  afterEach(() => {
    cleanup()
    vi.unstubAllGlobals()
  })

  let dataset = ""
  beforeEach(({ task }) => {
    dataset = `d-${task.id}`.toLowerCase()
  })
  /** A room for each test. Nobody answers there over HTTP: whose a token is stays unknown. */
  const room = () => ({ projectId: "abc", dataset, apiHost: "http://127.0.0.1:1" })
  const provider = (token: string, props: Omit<PresenceProviderProps, "token"> = {}) => (
    <PresenceProvider {...room()} config={{ lingerTimeout: 0 }} token={token} {...props} />
  )

  const authorizations = (socket: FakeWebSocket | undefined) =>
    (socket?.sent ?? [])
      .filter(({ method }) => method === "authorization")
      .map(({ params }) => params["authorization"])

  /** Up to the subscription; the requests over HTTP run on the real clock. */
  const open = async (index: number) => {
    await vi.waitFor(() => assert.isAbove(sockets.length, index))
    const socket = sockets[index] as FakeWebSocket
    await vi.waitFor(() => {
      if (socket.readyState === 0) socket.open()
      assert.isNotEmpty(authorizations(socket))
    })
    socket.reply("authorization")
    await vi.waitFor(() => assert.include(socket.methods, "presence_subscribe"))
    socket.reply("presence_subscribe", { result: "sub" })
    await flush()
    return socket
  }

  it("[H3] [C6] a token that changes for all of a shared room is authorized once, on its one socket", async () => {
    const show = (token: string) => (
      <>
        {provider(token)}
        {provider(token)}
      </>
    )
    const { rerender } = render(show("t-1"))
    const socket = await open(0)
    rerender(show("t-2"))
    await vi.waitFor(() =>
      assert.deepStrictEqual(authorizations(socket), ["Bearer t-1", "Bearer t-2"])
    )
    await flush()
    assert.strictEqual(sockets.length, 1)
    assert.deepStrictEqual(authorizations(socket), ["Bearer t-1", "Bearer t-2"])
    assert.notInclude(socket.methods, "presence_disconnect")
  })

  it("[H3] [C6] a token that one of them changes is that of the room; who comes with it shares it", async () => {
    const show = (first: string, third?: string) => (
      <>
        {provider(first)}
        {provider("t-1")}
        {third !== undefined && provider(third)}
      </>
    )
    const { rerender } = render(show("t-1"))
    const socket = await open(0)
    rerender(show("t-2"))
    rerender(show("t-2", "t-2"))
    await vi.waitFor(() =>
      assert.deepStrictEqual(authorizations(socket), ["Bearer t-1", "Bearer t-2"])
    )
    await flush()
    assert.strictEqual(sockets.length, 1)
  })

  it("[H3] who comes with another token is somebody else", async () => {
    render(
      <>
        {provider("t-1")}
        {provider("t-other")}
      </>
    )
    await open(0)
    await open(1)
    assert.deepStrictEqual(sockets.map(authorizations), [["Bearer t-1"], ["Bearer t-other"]])
  })

  it("another dataset is another room; options written anew are the same one", async () => {
    const { rerender } = render(provider("t-1"))
    await open(0)
    rerender(provider("t-1", { config: { lingerTimeout: 0 } }))
    await flush()
    assert.strictEqual(sockets.length, 1)
    rerender(provider("t-1", { dataset: "e" }))
    await open(1)
    assert.include(sockets[1]?.url, "/e")
    await vi.waitFor(() => assert.strictEqual(sockets[0]?.readyState, 3))
  })
})
