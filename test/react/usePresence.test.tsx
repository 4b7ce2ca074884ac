// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { render } from "@testing-library/react"
import { StrictMode, useEffect } from "react"
import { PresenceProvider, type UsePresence, usePresence } from "../../src/react/index.ts"
import {
  announced,
  announces,
  connect,
  fakePresence,
  flush,
  left,
  probe,
  withFakeClocks
} from "./support/room.tsx"

withFakeClocks()

const count = ({ locations }: UsePresence) => locations.length

describe("usePresence with a selector", () => {
  it("[H1] renders only when what it selects changes, the selector written inline", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, last, renders } = probe(() => usePresence(({ locations }) => locations.length))
    render(
      <PresenceProvider layer={layer}>
        <Probe />
      </PresenceProvider>
    )
    const socket = await connect(sockets)
    socket.receive(announced("p-ada", { path: ["title"] }))
    await flush()
    assert.strictEqual(last(), 1)
    const { length } = renders
    socket.receive(announced("p-ada", { path: ["body"] }))
    await flush()
    assert.strictEqual(renders.length, length)
    socket.receive(announced("p-bob"))
    await flush()
    assert.strictEqual(last(), 2)
    assert.strictEqual(renders.length, length + 1)
  })

  it("[H1] keeps the known selection where `equals`, written inline, says that it is the same", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, last, renders } = probe(() =>
      usePresence(
        ({ locations }) => locations.map(({ user }) => user.id),
        (a, b) => a.join() === b.join()
      )
    )
    const tree = (
      <PresenceProvider layer={layer}>
        <Probe />
      </PresenceProvider>
    )
    const { rerender } = render(tree)
    const socket = await connect(sockets)
    socket.receive(announced("p-ada"), announced("p-bob"))
    await flush()
    const people = last()
    const { length } = renders
    socket.receive(announced("p-bob", { path: ["title"] }))
    await flush()
    assert.strictEqual(renders.length, length)
    rerender(
      <PresenceProvider layer={layer}>
        <Probe />
      </PresenceProvider>
    )
    assert.strictEqual(renders.length, length + 1)
    assert.strictEqual(last(), people)
    socket.receive(left("p-ada"))
    await flush()
    assert.deepStrictEqual<ReadonlyArray<string>>(last(), ["p-bob"])
  })

  it("[H1] a change that comes back before the frame renders nothing", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, renders } = probe(() => usePresence(count))
    render(
      <PresenceProvider layer={layer}>
        <Probe />
      </PresenceProvider>
    )
    const socket = await connect(sockets)
    const { length } = renders
    socket.receive(announced("p-ada"), left("p-ada"))
    await flush()
    assert.strictEqual(renders.length, length)
  })

  it("uses another selector at once, in the very render that brings it", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, renders } = probe(({ of }: { readonly of: string }) => [
      of,
      usePresence(({ locations }) => locations.find(({ user }) => user.id === of)?.sessionId)
    ])
    const show = (of: string) => (
      <PresenceProvider layer={layer}>
        <Probe of={of} />
      </PresenceProvider>
    )
    const { rerender } = render(show("p-ada"))
    const socket = await connect(sockets)
    socket.receive(announced("p-ada"), announced("p-bob"))
    await flush()
    const { length } = renders
    rerender(show("p-bob"))
    assert.deepStrictEqual(renders.slice(length), [["p-bob", "session-of-p-bob"]])
  })

  it("another `equals` is used from the next change on", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, last } = probe(({ frozen }: { readonly frozen: boolean }) =>
      usePresence(count, (a, b) => frozen || a === b)
    )
    const show = (frozen: boolean) => (
      <PresenceProvider layer={layer}>
        <Probe frozen={frozen} />
      </PresenceProvider>
    )
    const { rerender } = render(show(true))
    const socket = await connect(sockets)
    socket.receive(announced("p-ada"))
    await flush()
    assert.strictEqual(last(), 0)
    rerender(show(false))
    assert.strictEqual(last(), 1)
  })

  for (const strict of [false, true]) {
    it(`a selector that makes another object each time ends in one render per change${strict ? ", in StrictMode" : ""}`, async () => {
      const { layer, sockets } = fakePresence()
      let commits = 0
      const { Probe, last } = probe(() => {
        useEffect(() => {
          commits += 1
        })
        return usePresence(({ locations, status }) => ({ people: locations.length, status }))
      })
      render(
        <PresenceProvider layer={layer}>
          <Probe />
        </PresenceProvider>,
        strict ? { wrapper: StrictMode } : {}
      )
      const socket = await connect(sockets)
      const before = commits
      socket.receive(announced("p-ada"))
      await flush()
      assert.strictEqual(last().people, 1)
      assert.strictEqual(commits, before + 1)
      await flush()
      assert.strictEqual(commits, before + 1)
    })
  }

  it("[P3] gives the selector the same `reportPresence`, and `self` apart from the others", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, last, renders } = probe(() => usePresence())
    render(
      <PresenceProvider layer={layer}>
        <Probe />
      </PresenceProvider>
    )
    const socket = await connect(sockets)
    last().reportPresence([{ documentId: "a" }])
    await flush()
    const { self } = last()
    assert.strictEqual(self.locations?.[0]?.documentId, "drafts.a")
    socket.receive(announced("p-me", { sessionId: String(self.sessionId), path: ["echo"] }))
    await flush()
    assert.deepStrictEqual(last().locations, [])
    assert.strictEqual(new Set(renders.map(({ reportPresence }) => reportPresence)).size, 1)
  })
})

describe("what usePresence reports", () => {
  it("[Q2] [P3] is under the provider's perspective, unless it names its own", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, last, renders } = probe(() =>
      usePresence(({ reportPresence }) => reportPresence)
    )
    render(
      <PresenceProvider layer={layer} perspective="rSummer">
        <Probe />
      </PresenceProvider>
    )
    const socket = await connect(sockets)
    last()([{ documentId: "a" }, { documentId: "b", perspective: "published" }])
    await flush()
    assert.match(JSON.stringify(announces(socket)), /"versions\.rSummer\.a".*"b"/)
    assert.strictEqual(new Set(renders).size, 1)
  })
})

describe("a component that reports whenever it renders", () => {
  it("[H1] [A2] renders no more for saying the same again", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, renders } = probe(() => {
      const presence = usePresence()
      useEffect(() => presence.reportPresence([{ documentId: "a", path: ["title"] }]))
      return presence
    })
    render(
      <PresenceProvider layer={layer}>
        <Probe />
      </PresenceProvider>
    )
    await connect(sockets)
    await flush()
    const { length } = renders
    for (let frame = 0; frame < 10; frame++) await flush()
    assert.strictEqual(renders.length, length)
  })
})
