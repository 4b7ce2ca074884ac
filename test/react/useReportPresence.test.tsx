// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { render } from "@testing-library/react"
import { Fragment, type ReactNode, StrictMode, useState } from "react"
import {
  PresenceProvider,
  type PresenceProviderProps,
  useReportPresence,
  type UseReportPresenceOptions
} from "../../src/react/index.ts"
import {
  advance,
  announces,
  connect,
  fakePresence,
  flush,
  withFakeClocks
} from "./support/room.tsx"

withFakeClocks()

function Reporter({ at }: { readonly at: UseReportPresenceOptions | null | undefined }): ReactNode {
  useReportPresence(at)
  return null
}

const caret = (offset: number) => {
  const point = { path: ["body", { _key: "a" }], offset }
  return { anchor: point, focus: point }
}

/** Renders reporters in a connected room. */
const enter = async (
  children: ReactNode,
  {
    Mode = Fragment,
    ...props
  }: Omit<PresenceProviderProps, "layer"> & { Mode?: typeof Fragment } = {}
) => {
  const { layer, sockets } = fakePresence()
  const tree = (children: ReactNode, more = props) => (
    <Mode>
      <PresenceProvider layer={layer} {...more}>
        {children}
      </PresenceProvider>
    </Mode>
  )
  const { rerender, unmount } = render(tree(children))
  const socket = await connect(sockets)
  return {
    socket,
    unmount,
    show: (children: ReactNode, more?: typeof props) => rerender(tree(children, more))
  }
}

/** Lets the windows of the announcer end: beyond them, an announce is due to a report alone. */
const quiet = () => advance(250)

describe("useReportPresence", () => {
  it("[H2] announces an inline place once, however often it is rendered", async () => {
    const at = () => ({ documentId: "a", path: ["list", { _key: "k" }], selection: caret(1) })
    const { show, socket } = await enter(<Reporter at={at()} />)
    assert.lengthOf(announces(socket), 1)
    for (let round = 0; round < 20; round++) {
      show(<Reporter at={at()} />)
      await advance(300)
    }
    assert.lengthOf(announces(socket), 1)
    // By the exact document that is meant, not by how it is written.
    show(<Reporter at={{ ...at(), documentId: "drafts.a", perspective: "drafts" }} />)
    await advance(2_000)
    assert.lengthOf(announces(socket), 1)
  })

  it("[H2] reports another place 1 s apart at least, and the last one in the end", async () => {
    const { show, socket } = await enter(<Reporter at={{ documentId: "a", path: ["f-0"] }} />)
    assert.deepStrictEqual(announces(socket), [["drafts.a f-0"]])
    // Ten in 900 ms.
    for (let index = 1; index <= 9; index++) {
      show(<Reporter at={{ documentId: "a", path: [`f-${index}`] }} />)
      await advance(100)
    }
    assert.lengthOf(announces(socket), 1)
    await advance(100)
    assert.deepStrictEqual(announces(socket).slice(1), [["drafts.a f-9"]])
    await advance(2_000)
    assert.lengthOf(announces(socket), 2)
    // After a quiet second, at once.
    show(<Reporter at={{ documentId: "a", path: ["f-10"] }} />)
    await advance(0)
    assert.deepStrictEqual(announces(socket).slice(2), [["drafts.a f-10"]])
  })

  it("[H2] reports a caret 250 ms apart", async () => {
    const at = (offset: number) => ({ documentId: "a", path: ["body"], selection: caret(offset) })
    const { show, socket } = await enter(<Reporter at={at(0)} />)
    for (let offset = 1; offset <= 100; offset++) {
      show(<Reporter at={at(offset)} />)
      await advance(20)
    }
    await advance(250)
    // In 2,000 ms and what connecting took: one every 250, and the first.
    assert.lengthOf(announces(socket), 10)
    const last = socket.sent.findLast(({ method }) => method === "presence_announce")
    assert.include(JSON.stringify(last), `"offset":100`)
  })

  it("[H2] a caret does not wait for as long as the focus before it", async () => {
    const { show, socket } = await enter(<Reporter at={{ documentId: "a", path: ["body"] }} />)
    show(<Reporter at={{ documentId: "a", path: ["body"], selection: caret(1) }} />)
    await advance(150)
    assert.lengthOf(announces(socket), 1)
    await advance(100)
    assert.lengthOf(announces(socket), 2)
  })

  it("throttles by what it is given; by nothing with 0", async () => {
    const { show, socket } = await enter(<Reporter at={{ documentId: "a", throttleMs: 5_000 }} />)
    show(<Reporter at={{ documentId: "b", throttleMs: 5_000 }} />)
    await advance(4_900)
    assert.deepStrictEqual(announces(socket), [["drafts.a"]])
    await advance(100)
    assert.deepStrictEqual(announces(socket), [["drafts.a"], ["drafts.b"]])
    await quiet()
    show(<Reporter at={{ documentId: "c", throttleMs: 0 }} />)
    await advance(0)
    assert.deepStrictEqual(announces(socket).slice(2), [["drafts.c"]])
  })

  it("[H2] another interval alone is no other place", async () => {
    const { show, socket } = await enter(<Reporter at={{ documentId: "a" }} />)
    show(<Reporter at={{ documentId: "b", throttleMs: 5_000 }} />)
    await advance(4_000)
    // The report that waits goes on waiting.
    show(<Reporter at={{ documentId: "b", throttleMs: 100 }} />)
    await advance(500)
    assert.lengthOf(announces(socket), 1)
    await advance(500)
    assert.lengthOf(announces(socket), 2)
  })

  it("[A1] reports nothing while it is given nothing, and takes nothing back before it reported", async () => {
    const { show, socket } = await enter(
      <>
        <Reporter at={undefined} />
        <Reporter at={null} />
      </>
    )
    await advance(2_000)
    show(<Reporter at={null} />)
    await advance(2_000)
    show(null)
    await advance(2_000)
    assert.notInclude(socket.methods, "presence_announce")
  })

  it("[A1] in another room it is silent again until it reports there", async () => {
    const first = fakePresence()
    const second = fakePresence()
    const tree = (layer: PresenceProviderProps["layer"], at: UseReportPresenceOptions | null) => (
      <PresenceProvider layer={layer}>
        <Reporter at={at} />
      </PresenceProvider>
    )
    const { rerender } = render(tree(first.layer, { documentId: "a" }))
    const before = await connect(first.sockets)
    assert.deepStrictEqual(announces(before), [["drafts.a"]])
    rerender(tree(first.layer, null))
    rerender(tree(second.layer, null))
    const after = await connect(second.sockets)
    await advance(2_000)
    assert.notInclude(after.methods, "presence_announce")
    rerender(tree(second.layer, { documentId: "b" }))
    await flush()
    assert.deepStrictEqual(announces(after), [["drafts.b"]])
  })

  it("follows its provider to another room", async () => {
    const first = fakePresence()
    const second = fakePresence()
    const tree = (layer: PresenceProviderProps["layer"]) => (
      <PresenceProvider layer={layer}>
        <Reporter at={{ documentId: "a" }} />
      </PresenceProvider>
    )
    const { rerender } = render(tree(first.layer))
    const before = await connect(first.sockets)
    rerender(tree(second.layer))
    assert.deepStrictEqual(announces(await connect(second.sockets)), [["drafts.a"]])
    await advance(2_000)
    assert.include(before.methods, "presence_disconnect")
  })

  it("[H2] [A7] what several report adds up, each place once", async () => {
    const title = { documentId: "a", path: ["title"] }
    const { show, socket } = await enter(
      <>
        <Reporter key="1" at={{ documentId: "a" }} />
        <Reporter key="2" at={title} />
        <Reporter key="3" at={{ ...title, documentId: "drafts.a" }} />
      </>
    )
    assert.deepStrictEqual(announces(socket), [["drafts.a", "drafts.a title"]])
    await quiet()
    show(
      <>
        <Reporter key="1" at={{ documentId: "a" }} />
        <Reporter key="3" at={title} />
      </>
    )
    await quiet()
    // The other one still reports it.
    assert.lengthOf(announces(socket), 1)
    show(<Reporter key="1" at={{ documentId: "a" }} />)
    await quiet()
    assert.deepStrictEqual(announces(socket).slice(1), [["drafts.a"]])
  })

  it("[H2] takes back what it reported when it unmounts, also what still waits", async () => {
    const { show, socket } = await enter(<Reporter at={{ documentId: "a" }} />)
    show(<Reporter at={{ documentId: "b" }} />)
    show(null)
    await advance(3_000)
    assert.deepStrictEqual(announces(socket), [["drafts.a"], []])
  })

  it("[H2] takes back what it reported when it is given nothing, at once", async () => {
    const { show, socket } = await enter(<Reporter at={{ documentId: "a" }} />)
    await quiet()
    show(<Reporter at={{ documentId: "b" }} />)
    show(<Reporter at={undefined} />)
    await quiet()
    assert.deepStrictEqual(announces(socket), [["drafts.a"], []])
    await advance(3_000)
    assert.lengthOf(announces(socket), 2)
  })

  it("[A2] passing on from one component to another is one announce, without a moment in no document", async () => {
    const { show, socket } = await enter(<Reporter key="1" at={{ documentId: "a" }} />)
    await quiet()
    show(<Reporter key="2" at={{ documentId: "b" }} />)
    await quiet()
    assert.deepStrictEqual(announces(socket), [["drafts.a"], ["drafts.b"]])
  })

  it("[Q2] resolves the document by the provider's perspective, by its own, by `liveEdit`", async () => {
    const at = [
      { documentId: "a" },
      { documentId: "b", perspective: "published" },
      { documentId: "c", liveEdit: true },
      { documentId: "drafts.d", perspective: { releaseName: "rAutumn" } }
    ]
    const children = () => at.map((one) => <Reporter key={one.documentId} at={one} />)
    const { show, socket } = await enter(children(), { perspective: "rSummer" })
    assert.deepStrictEqual(announces(socket), [
      ["versions.rSummer.a", "b", "c", "versions.rAutumn.d"]
    ])
    show(children(), { perspective: ["published"] })
    await advance(1_000)
    assert.deepStrictEqual(announces(socket).slice(1), [["a", "b", "c", "versions.rAutumn.d"]])
  })

  for (const isConnected of [false, true]) {
    it(`[P2] [H2] StrictMode announces no flicker${isConnected ? " on a live connection" : ""}`, async () => {
      const reporters = (
        <>
          <Reporter key="a" at={{ documentId: "a" }} />
          <Reporter key="b" at={{ documentId: "b" }} />
        </>
      )
      const { show, socket } = await enter(
        isConnected ? <Reporter key="b" at={{ documentId: "b" }} /> : reporters,
        {
          Mode: StrictMode
        }
      )
      await quiet()
      const before = announces(socket).length
      show(reporters)
      await advance(3_000)
      const all = announces(socket)
      assert.deepStrictEqual(
        all.map((places) => [...places].toSorted()),
        [...(isConnected ? [["drafts.b"]] : []), ["drafts.a", "drafts.b"]]
      )
      assert.isAtMost(all.length - before, 1)
    })
  }

  it("goes on over a lost connection", async () => {
    const { layer, sockets } = fakePresence()
    render(
      <PresenceProvider layer={layer}>
        <Reporter at={{ documentId: "a" }} />
      </PresenceProvider>
    )
    const first = await connect(sockets)
    first.serverClose(1006)
    await advance(1_000)
    assert.strictEqual(sockets.all.length, 2)
    assert.deepStrictEqual(announces(await connect(sockets)), [["drafts.a"]])
  })

  it("a place that cannot be meant harms nobody", async () => {
    const { socket } = await enter(
      <>
        <Reporter at={{ documentId: "" }} />
        <Reporter at={{ documentId: "a" }} />
      </>
    )
    await advance(1_000)
    assert.deepStrictEqual(announces(socket), [["drafts.a"]])
  })

  it("works where a component of its own state reports what it shows", async () => {
    let open: (documentId: string | undefined) => void = () => {}
    function Editor(): ReactNode {
      const [documentId, setDocumentId] = useState<string>()
      open = setDocumentId
      useReportPresence(documentId === undefined ? undefined : { documentId })
      return null
    }
    const { socket } = await enter(<Editor />)
    for (const documentId of ["a", undefined, "b"]) {
      open(documentId)
      await advance(1_500)
    }
    assert.deepStrictEqual(announces(socket), [["drafts.a"], [], ["drafts.b"]])
  })
})
