// @vitest-environment happy-dom
import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  Fragment,
  memo,
  type ReactNode,
  startTransition,
  StrictMode,
  useLayoutEffect,
  useState
} from "react"
import { createRoot, type Root } from "react-dom/client"
import {
  PresenceProvider,
  usePresence,
  usePresenceForDocument,
  usePresenceHandle,
  useStateSource
} from "../../src/react/index.ts"
import * as FakeWebSocket from "../support/FakeWebSocket.ts"
import { announced, fakePresence } from "./support/room.tsx"

// Under `act` React renders without yielding, so here its own scheduler runs, on the real clock.
const environment = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }
let frames = new Map<number, () => void>()
let container: HTMLElement
let root: Root

beforeEach(() => {
  environment.IS_REACT_ACT_ENVIRONMENT = false
  let id = 0
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => {
    id += 1
    frames.set(id, draw)
    return id
  })
  vi.stubGlobal("cancelAnimationFrame", (id: number) => frames.delete(id))
  container = document.createElement("div")
  document.body.append(container)
  root = createRoot(container)
})
afterEach(async () => {
  root.unmount()
  await settle()
  container.remove()
  vi.unstubAllGlobals()
  environment.IS_REACT_ACT_ENVIRONMENT = true
})

const settle = () => Effect.runPromise(FakeWebSocket.settle)
const draw = () => {
  const drawn = frames
  frames = new Map()
  for (const frame of drawn.values()) frame()
}

/** Lets React and the sockets run to their end, drawing frames. */
const rest = async () => {
  for (let round = 0; round < 10; round++) {
    draw()
    await settle()
  }
}

/** What is on the screen after each commit: the versions that its components show. */
const screens: Array<ReadonlyArray<string>> = []
const shown = () =>
  Array.from(container.querySelectorAll("b"), ({ textContent }) => textContent ?? "")
const useRecord = () => useLayoutEffect(() => void screens.push(shown()))

function ByRoom(): ReactNode {
  const version = usePresence(({ locations }) => locations[0]?.locations[0]?.path[0])
  useRecord()
  return <b>{String(version)}</b>
}
function ByDocument(): ReactNode {
  const { presence } = usePresenceForDocument({ documentId: "a" })
  useRecord()
  return <b>{String(presence[0]?.path[0])}</b>
}
function ByUser(): ReactNode {
  const [user] = useStateSource(usePresenceHandle().getUsers())
  useRecord()
  return <b>{String(user?.sessions[0]?.locations[0]?.path[0])}</b>
}
const Readers = memo(() => (
  <>
    <ByRoom />
    <ByDocument />
    <ByUser />
  </>
))

/** Takes long to render, several slices of React's time. */
function Slow({ onRender }: { readonly onRender: () => void }): ReactNode {
  onRender()
  const end = performance.now() + 4
  while (performance.now() < end);
  return null
}

let show: (what: string) => void = () => {}
function Page({ onSlow }: { readonly onSlow: (index: number) => void }): ReactNode {
  const [tab, setTab] = useState("quick")
  show = setTab
  return (
    <>
      <Readers />
      <i>{tab}</i>
      {tab === "slow" &&
        Array.from({ length: 12 }, (_, index) => (
          <Fragment key={index}>
            <ByRoom />
            <Slow onRender={() => onSlow(index)} />
            <ByDocument />
            <ByUser />
          </Fragment>
        ))}
    </>
  )
}

const begin = async (onSlow: (index: number) => void = () => {}, Mode = StrictMode) => {
  screens.length = 0
  const { layer, sockets } = fakePresence()
  root.render(
    <Mode>
      <PresenceProvider layer={layer}>
        <Page onSlow={onSlow} />
      </PresenceProvider>
    </Mode>
  )
  await rest()
  const socket = sockets.last()
  socket.open()
  await rest()
  socket.reply("presence_subscribe", { result: "sub" })
  await rest()
  const move = (version: number) => socket.receive(announced("p-ada", { path: [`v${version}`] }))
  move(0)
  await rest()
  assert.deepStrictEqual([...new Set(shown())], ["v0"])
  return move
}

const torn = () => screens.filter((screen) => new Set(screen).size > 1)

describe("concurrent rendering", () => {
  for (const Mode of [Fragment, StrictMode]) {
    const mode = Mode === StrictMode ? ", in StrictMode" : ""

    it(`[H1] a transition that presence interrupts, frame by frame, never tears${mode}`, async () => {
      let version = 0
      const onSlow = () => {
        version += 1
        const next = version
        setImmediate(() => {
          move(next)
          setTimeout(draw)
        })
      }
      const move = await begin((index) => index % 5 === 1 && version < 12 && onSlow(), Mode)
      startTransition(() => show("slow"))
      await vi.waitFor(() => assert.include(container.textContent, "slow"), 10_000)
      await rest()
      assert.isAbove(version, 0)
      assert.deepStrictEqual([...new Set(shown())], [`v${version}`])
      assert.deepStrictEqual(torn(), [])
    })

    it(`[H1] a transition that ends between a change and its frame never tears${mode}`, async () => {
      let isMoved = false
      const move = await begin((index) => {
        if (index !== 3 || isMoved) return
        isMoved = true
        setImmediate(() => move(1))
      }, Mode)
      startTransition(() => show("slow"))
      await vi.waitFor(() => assert.include(container.textContent, "slow"), 10_000)
      await rest()
      assert.deepStrictEqual([...new Set(shown())], ["v1"])
      assert.deepStrictEqual(torn(), [])
    })

    it(`[H1] what renders for a reason of its own between a change and its frame never tears${mode}`, async () => {
      const move = await begin(() => {}, Mode)
      move(1)
      await settle()
      show("slow")
      await settle()
      assert.include(container.textContent, "slow")
      await rest()
      assert.deepStrictEqual([...new Set(shown())], ["v1"])
      assert.deepStrictEqual(torn(), [])
    })
  }
})
