// @vitest-environment happy-dom
import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import { act } from "@testing-library/react"
import { type ReactNode, StrictMode, Suspense } from "react"
import { hydrateRoot, type Root } from "react-dom/client"
import { renderToString } from "react-dom/server"
import {
  PresenceAnnouncer,
  PresenceAvatars,
  PresenceProvider,
  type PresenceProviderProps,
  usePresence,
  usePresenceField,
  usePresenceForDocument,
  usePresenceHandle,
  usePresenceStatus,
  useReportPresence,
  useStateSource,
  useSuspensePresence
} from "../../src/react/index.ts"
import { UserId } from "../../src/Session.ts"
import {
  advance,
  announced,
  announces,
  connect,
  fakePresence,
  flush,
  withFakeClocks
} from "./support/room.tsx"

withFakeClocks()

let roots: Array<Root> = []
const onError = vi.fn()
beforeEach(() => {
  onError.mockReset()
  // React says here what does not match.
  vi.spyOn(console, "error").mockImplementation(onError)
})
afterEach(() => {
  act(() => roots.forEach((root) => root.unmount()))
  roots = []
  document.body.replaceChildren()
  vi.restoreAllMocks()
})

function Everything(): ReactNode {
  const { locations, self, status } = usePresence()
  const count = usePresence((presence) => presence.locations.length)
  const { presence } = usePresenceForDocument({ documentId: "a" })
  const field = usePresenceField({ documentId: "a", path: ["title"] })
  const users = useStateSource(usePresenceHandle().getUsers())
  const { description } = usePresenceStatus()
  useReportPresence({ documentId: "a" })
  const seen = [locations, presence, field.presence, users].map(({ length }) => length)
  return (
    <>
      <p>{`${count} of ${seen.join()} ${status._tag} ${description} ${self.sessionId !== undefined}`}</p>
      <input {...field.props} />
    </>
  )
}
function Waiting(): ReactNode {
  const { locations, status } = useSuspensePresence()
  return <b>{`${locations.length} ${status._tag}`}</b>
}

const tree = (layer: PresenceProviderProps["layer"]) => (
  <StrictMode>
    <PresenceProvider layer={layer} perspective={["rSummer", "drafts"]}>
      <Everything />
      <Suspense fallback={<i>waiting</i>}>
        <Waiting />
      </Suspense>
    </PresenceProvider>
  </StrictMode>
)

/** Renders as a server does: there is no window. */
const renderOnServer = (node: ReactNode): string => {
  vi.stubGlobal("window", undefined)
  try {
    return renderToString(node)
  } finally {
    vi.unstubAllGlobals()
  }
}

const hydrate = async (html: string, node: ReactNode) => {
  const container = document.createElement("div")
  container.innerHTML = html
  document.body.append(container)
  const problems: Array<unknown> = []
  await act(async () => {
    roots.push(hydrateRoot(container, node, { onRecoverableError: (it) => problems.push(it) }))
  })
  return { container, problems }
}

describe("on the server", () => {
  it("[P4] every hook renders nobody and Connecting, and nothing connects", async () => {
    const { layer, sockets } = fakePresence()
    const html = renderOnServer(tree(layer))
    assert.include(html, "0 of 0,0,0,0 Connecting")
    assert.include(html, "false</p>")
    await advance(5_000)
    assert.strictEqual(sockets.all.length, 0)
    assert.deepStrictEqual(onError.mock.calls, [])
  })

  it("[P4] [H4] nothing is waited for", () => {
    const { layer } = fakePresence()
    const html = renderOnServer(tree(layer))
    assert.include(html, "0 Connecting")
    assert.notInclude(html, "waiting")
  })

  it("[P4] one request's people are none of another's: each renders its own", () => {
    const { layer } = fakePresence()
    assert.strictEqual(renderOnServer(tree(layer)), renderOnServer(tree(layer)))
  })

  it("needs a provider, and says so", () => {
    assert.throws(() => renderOnServer(<Everything />), /<PresenceProvider>/)
  })
})

/** What a page with a strict content security policy may hold. */
const silent = (layer: PresenceProviderProps["layer"]) => (
  <StrictMode>
    <PresenceProvider layer={layer}>
      <PresenceAnnouncer documentId="a" />
      <PresenceAvatars
        label="Here"
        max={1}
        presence={["Ada", "Bob"].map((displayName) => ({
          user: { id: UserId.make(`p-${displayName}`), displayName },
          activity: "unknown",
          stale: false
        }))}
      />
    </PresenceProvider>
  </StrictMode>
)

describe("what is read out but not seen", () => {
  it("[H6] comes without a style from the server, hidden, and gets one before the first paint", async () => {
    const { layer } = fakePresence()
    const html = renderOnServer(silent(layer))
    assert.notInclude(html, "style=")
    assert.strictEqual(html.split(" hidden=").length - 1, 3)
    const { container, problems } = await hydrate(html, silent(layer))
    const texts = [
      ...container.querySelectorAll<HTMLElement>("[role=status], li > span:last-child")
    ]
    assert.deepStrictEqual(
      texts.map((text) => [text.textContent, text.hidden, text.style.position, text.style.width]),
      ["", "Ada", "Bob"].map((name) => [name, false, "absolute", "1px"])
    )
    assert.deepStrictEqual(problems, [])
    assert.deepStrictEqual(onError.mock.calls, [])
  })
})

describe("hydration", () => {
  it("[P4] [H4] matches what the server rendered, for every hook, then shows who is there", async () => {
    const { layer, sockets } = fakePresence()
    const html = renderOnServer(tree(layer))
    const { container, problems } = await hydrate(html, tree(layer))
    assert.include(container.textContent, "0 Connecting")
    const socket = await connect(sockets)
    socket.receive(announced("p-ada", { documentId: "versions.rSummer.a", path: ["title"] }))
    for (let step = 0; step < 40; step++) await advance(100)
    assert.include(container.textContent, "1 of 1,1,1,1 Connected")
    assert.include(container.textContent, "1 Connected")
    assert.notInclude(container.innerHTML, "waiting")
    assert.deepStrictEqual(announces(socket), [["versions.rSummer.a"]])
    assert.strictEqual(sockets.all.length, 1)
    assert.deepStrictEqual(problems, [])
    assert.deepStrictEqual(onError.mock.calls, [])
  })

  it("[P4] what is there already when a part of the page hydrates is shown after it, not in it", async () => {
    const { layer, sockets } = fakePresence()
    const first = await hydrate(renderOnServer(tree(layer)), tree(layer))
    const socket = await connect(sockets)
    socket.receive(announced("p-ada", { documentId: "versions.rSummer.a", path: ["title"] }))
    await flush()
    // Another root of the same room, an island.
    const second = await hydrate(renderOnServer(tree(layer)), tree(layer))
    await flush()
    assert.include(second.container.textContent, "1 of 1,1,1,1 Connected")
    assert.deepStrictEqual([first.problems, second.problems], [[], []])
    assert.deepStrictEqual(onError.mock.calls, [])
    assert.strictEqual(sockets.all.length, 1)
  })
})
