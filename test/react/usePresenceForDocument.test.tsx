// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { render } from "@testing-library/react"
import { type ReactNode, StrictMode } from "react"
import type { DocumentRef, PresenceQuery } from "../../src/index.ts"
import {
  PresenceProvider,
  type PresenceProviderProps,
  usePresenceForDocument
} from "../../src/react/index.ts"
import {
  announced,
  connect,
  fakePresence,
  flush,
  left,
  probe,
  withFakeClocks
} from "./support/room.tsx"

withFakeClocks()

/** A component that asks about one document, and who is in it. */
const asking = () =>
  probe(
    ({ query }: { readonly query: PresenceQuery.DocumentQuery }) =>
      usePresenceForDocument(query).presence
  )

type Presence = ReturnType<ReturnType<typeof asking>["last"]>
const names = (presence: Presence) => presence.map(({ user }) => String(user.id))

/** Renders what asks, in a connected room. */
const enter = async (children: ReactNode, props: Omit<PresenceProviderProps, "layer"> = {}) => {
  const { layer, sockets } = fakePresence()
  const show = (children: ReactNode, more: Omit<PresenceProviderProps, "layer"> = props) => (
    <PresenceProvider layer={layer} {...more}>
      {children}
    </PresenceProvider>
  )
  const { rerender } = render(show(children))
  const socket = await connect(sockets)
  return {
    socket,
    show: (children: ReactNode, more?: Omit<PresenceProviderProps, "layer">) =>
      rerender(show(children, more))
  }
}

describe("usePresenceForDocument", () => {
  it("[H1] [Q1] renders for its own document alone, the query written inline", async () => {
    const a = asking()
    const b = asking()
    const { socket } = await enter(
      <>
        <a.Probe query={{ documentId: "a", path: ["title"] }} />
        <b.Probe query={{ documentId: "b" }} />
      </>
    )
    socket.receive(announced("p-ada", { documentId: "drafts.a", path: ["title"] }))
    await flush()
    assert.deepStrictEqual(names(a.last()), ["p-ada"])
    const before = { a: a.renders.length, b: b.renders.length, presence: a.last() }
    for (const user of ["p-bob", "p-eve"]) {
      socket.receive(announced(user, { documentId: "drafts.b" }))
      await flush()
    }
    assert.deepStrictEqual(names(b.last()), ["p-bob", "p-eve"])
    assert.strictEqual(b.renders.length, before.b + 2)
    assert.strictEqual(a.renders.length, before.a)
    // Nor for another field of its document.
    socket.receive(announced("p-eve", { documentId: "drafts.a", path: ["body"] }))
    await flush()
    assert.strictEqual(a.renders.length, before.a)
    assert.strictEqual(a.last(), before.presence)
  })

  it("[R8] does not render for a heartbeat", async () => {
    const a = asking()
    const { socket } = await enter(<a.Probe query={{ documentId: "a" }} />)
    socket.receive(announced("p-ada"))
    await flush()
    // The first one without a move tells that there is activity to tell of.
    socket.receive(announced("p-ada", { lastActiveAt: "2026-02-01" }))
    await flush()
    const { length } = a.renders
    for (let day = 1; day < 9; day++) {
      socket.receive(announced("p-ada", { lastActiveAt: `2026-03-0${day}` }))
      await flush()
    }
    assert.strictEqual(a.renders.length, length)
  })

  it("[Q1] keeps the array, and the subscription, through renders with a query written anew", async () => {
    const a = asking()
    const { show, socket } = await enter(
      <a.Probe query={{ documentId: "a", path: ["list", { _key: "k" }] }} />
    )
    socket.receive(announced("p-ada", { path: ["list", { _key: "k" }, "name"] }))
    await flush()
    const presence = a.last()
    assert.deepStrictEqual(names(presence), ["p-ada"])
    for (let round = 0; round < 3; round++) {
      show(<a.Probe query={{ documentId: "drafts.a", path: ["list", { _key: "k" }] }} />)
      assert.strictEqual(a.last(), presence)
    }
  })

  it("is empty before anything arrives, always the same array", async () => {
    const a = asking()
    const b = asking()
    const { show, socket } = await enter(
      <>
        <a.Probe query={{ documentId: "a" }} />
        <b.Probe query={{ documentId: "b" }} />
      </>
    )
    const nobody = a.last()
    assert.deepStrictEqual(nobody, [])
    show(<a.Probe query={{ documentId: "c" }} />)
    assert.strictEqual(a.last(), nobody)
    assert.strictEqual(b.last(), nobody)
    socket.receive(announced("p-ada", { documentId: "drafts.c" }))
    await flush()
    socket.receive(left("p-ada"))
    await flush()
    assert.deepStrictEqual(a.last(), [])
  })

  it("[Q3] narrows to what is at or below a path", async () => {
    const a = asking()
    const { socket } = await enter(<a.Probe query={{ documentId: "a", path: ["author"] }} />)
    socket.receive(
      announced("p-ada", { path: ["author", "name"] }),
      announced("p-bob", { path: ["author"] }),
      announced("p-eve", { path: ["authors"] }),
      announced("p-joe")
    )
    await flush()
    assert.deepStrictEqual(names(a.last()), ["p-ada", "p-bob"])
  })

  it("[Q2] takes draft, published document and versions for one, unless they are excluded", async () => {
    const any = asking()
    const exact = asking()
    const published = asking()
    const { socket } = await enter(
      <>
        <any.Probe query={{ documentId: "a" }} />
        <exact.Probe query={{ documentId: "a", excludeVersions: true }} />
        <published.Probe query={{ documentId: "a", excludeVersions: true, liveEdit: true }} />
      </>
    )
    socket.receive(
      announced("p-ada", { documentId: "drafts.a" }),
      announced("p-bob", { documentId: "a" }),
      announced("p-eve", { documentId: "versions.rSummer.a" })
    )
    await flush()
    assert.deepStrictEqual(names(any.last()), ["p-ada", "p-bob", "p-eve"])
    assert.deepStrictEqual(names(exact.last()), ["p-ada"])
    assert.deepStrictEqual(names(published.last()), ["p-bob"])
  })

  it("[Q2] reads under the provider's perspective, also a changed one, unless it names its own", async () => {
    const inherits = asking()
    const own = asking()
    const children = () => (
      <>
        <inherits.Probe query={{ documentId: "a", excludeVersions: true }} />
        <own.Probe query={{ documentId: "a", excludeVersions: true, perspective: "drafts" }} />
      </>
    )
    const { show, socket } = await enter(children(), { perspective: ["rSummer", "drafts"] })
    socket.receive(
      announced("p-ada", { documentId: "drafts.a" }),
      announced("p-bob", { documentId: "a" }),
      announced("p-eve", { documentId: "versions.rSummer.a" })
    )
    await flush()
    assert.deepStrictEqual(names(inherits.last()), ["p-eve"])
    const known = inherits.last()
    // Written anew it is the same one.
    show(children(), { perspective: ["rSummer", "drafts"] })
    assert.strictEqual(inherits.last(), known)
    const changes: ReadonlyArray<readonly [DocumentRef.Perspective | undefined, string]> = [
      ["published", "p-bob"],
      [undefined, "p-ada"],
      [{ releaseName: "rSummer" }, "p-eve"]
    ]
    for (const [perspective, name] of changes) {
      show(children(), { perspective })
      assert.deepStrictEqual(names(inherits.last()), [name])
    }
    assert.isTrue(own.renders.slice(1).every((presence) => names(presence).join() !== "p-eve"))
    assert.deepStrictEqual(names(own.last()), ["p-ada"])
  })

  for (const strict of [false, true]) {
    it(`shows another document in the very render that asks for it${strict ? ", in StrictMode" : ""}`, async () => {
      const Mode = strict ? StrictMode : "main"
      const seen: Array<string> = []
      const a = probe(({ documentId }: { readonly documentId: string }) => {
        const { presence } = usePresenceForDocument({ documentId })
        seen.push(`${documentId}: ${names(presence).join()}`)
        return presence
      })
      const { show, socket } = await enter(
        <Mode>
          <a.Probe documentId="a" />
        </Mode>
      )
      socket.receive(announced("p-ada"), announced("p-bob", { documentId: "drafts.b" }))
      await flush()
      seen.length = 0
      show(
        <Mode>
          <a.Probe documentId="b" />
        </Mode>
      )
      assert.deepStrictEqual([...new Set(seen)], ["b: p-bob"])
      // It follows the new one, and no longer the old one.
      const { length } = a.renders
      socket.receive(left("p-ada"))
      await flush()
      assert.strictEqual(a.renders.length, length)
      socket.receive(left("p-bob"))
      await flush()
      assert.deepStrictEqual(names(a.last()), [])
    })
  }

  it("[Q5] shows two tabs of one user as two, and one in two places twice", async () => {
    const a = asking()
    const { socket } = await enter(<a.Probe query={{ documentId: "a" }} />)
    socket.receive(
      announced("p-ada", { sessionId: "tab-1", path: ["title"] }),
      announced("p-ada", { sessionId: "tab-2", path: ["body"] })
    )
    await flush()
    assert.deepStrictEqual<ReadonlyArray<unknown>>(
      a.last().map(({ path, sessionId, user }) => [user.id, sessionId, path]),
      [
        ["p-ada", "tab-1", ["title"]],
        ["p-ada", "tab-2", ["body"]]
      ]
    )
    const [, second] = a.last()
    socket.receive(left("p-ada", "tab-1"))
    await flush()
    assert.lengthOf(a.last(), 1)
    assert.strictEqual(a.last()[0], second)
  })

  it("an id that Sanity does not allow means nobody, and throws nothing", async () => {
    const a = asking()
    const { socket } = await enter(<a.Probe query={{ documentId: "" }} />)
    socket.receive(announced("p-ada"))
    await flush()
    assert.deepStrictEqual(a.last(), [])
  })

  it("[A1] announces nothing", async () => {
    const a = asking()
    const { socket } = await enter(<a.Probe query={{ documentId: "a" }} />)
    await flush()
    assert.notInclude(socket.methods, "presence_announce")
  })
})
