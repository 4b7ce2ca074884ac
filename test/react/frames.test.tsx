// @vitest-environment happy-dom
import { assert, describe, it, vi } from "@effect/vitest"
import { render } from "@testing-library/react"
import { Profiler, type ReactNode } from "react"
import { StateSource } from "../../src/index.ts"
import { inStep } from "../../src/InStep.ts"
import { inFrame } from "../../src/react/frames.ts"
import {
  PresenceProvider,
  usePresence,
  usePresenceForDocument,
  usePresenceHandle,
  usePresenceStatus,
  useStateSource
} from "../../src/react/index.ts"
import {
  advance,
  announced,
  connect,
  fakePresence,
  flush,
  probe,
  withFakeClocks
} from "./support/room.tsx"

withFakeClocks()

const moves = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    announced("p-ada", { documentId: "drafts.a", path: [`field-${index}`] })
  )

describe("frames", () => {
  it("[H1] whatever arrives within one is one render of all components", async () => {
    const { layer, sockets } = fakePresence()
    const all = probe(() => usePresence())
    const document = probe(() => usePresenceForDocument({ documentId: "a" }).presence)
    const users = probe(() => useStateSource(usePresenceHandle().getUsers()))
    const commits: Array<string> = []
    render(
      <Profiler id="page" onRender={(_, phase) => void commits.push(phase)}>
        <PresenceProvider layer={layer}>
          <all.Probe />
          <document.Probe />
          <document.Probe />
          <users.Probe />
        </PresenceProvider>
      </Profiler>
    )
    const socket = await connect(sockets)
    const before = commits.length
    const renders = all.renders.length
    for (const move of moves(10)) {
      socket.receive(move)
      await advance(1)
    }
    assert.isAtMost(commits.length, before + 1)
    await flush()
    assert.strictEqual(all.last().locations[0]?.locations[0]?.path[0], "field-9")
    assert.strictEqual(document.last()[0]?.path[0], "field-9")
    assert.strictEqual(users.last().length, 1)
    assert.isAtMost(commits.length, before + 2)
    assert.strictEqual(commits.length - before, all.renders.length - renders)
  })

  it("[H1] a page that draws no frames is told all the same, for its title may count people", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, last } = probe(() => usePresence(({ locations }) => locations.length))
    render(
      <PresenceProvider layer={layer}>
        <Probe />
      </PresenceProvider>
    )
    const socket = await connect(sockets)
    vi.stubGlobal("requestAnimationFrame", () => 0)
    socket.receive(announced("p-ada"))
    await advance(200)
    assert.strictEqual(last(), 0)
    await advance(100)
    assert.strictEqual(last(), 1)
  })

  it("[H1] a page without frames at all, a native one, is told too", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, last } = probe(() => usePresence(({ locations }) => locations.length))
    render(
      <PresenceProvider layer={layer}>
        <Probe />
      </PresenceProvider>
    )
    const socket = await connect(sockets)
    vi.stubGlobal("requestAnimationFrame", undefined)
    vi.stubGlobal("cancelAnimationFrame", undefined)
    socket.receive(announced("p-ada"))
    await advance(300)
    assert.strictEqual(last(), 1)
  })

  it("[H1] a frame that was late draws nothing twice when the page is shown again", async () => {
    const drawn: Array<() => void> = []
    vi.stubGlobal("requestAnimationFrame", (draw: () => void) => drawn.push(draw))
    vi.stubGlobal("cancelAnimationFrame", (id: number) => {
      drawn[id - 1] = () => {}
    })
    let calls = 0
    const { request } = inFrame(() => {
      calls += 1
    })
    request()
    await advance(300)
    assert.strictEqual(calls, 1)
    request()
    request()
    drawn[0]?.()
    assert.strictEqual(calls, 1)
    drawn[1]?.()
    assert.strictEqual(calls, 2)
    await advance(1_000)
    assert.strictEqual(calls, 2)
  })

  it("a component that unmounts before the frame is not told, the others are", async () => {
    const { layer, sockets } = fakePresence()
    const gone = probe(() => usePresence())
    const stays = probe(() => usePresence())
    const show = (child: ReactNode) => (
      <PresenceProvider layer={layer}>
        <stays.Probe />
        {child}
      </PresenceProvider>
    )
    const { rerender, unmount } = render(show(<gone.Probe />))
    const socket = await connect(sockets)
    socket.receive(announced("p-ada"))
    await advance(0)
    rerender(show(null))
    const { length } = gone.renders
    await flush()
    assert.strictEqual(gone.renders.length, length)
    assert.strictEqual(stays.last().locations.length, 1)

    socket.receive(announced("p-bob"))
    await advance(0)
    unmount()
    const after = stays.renders.length
    await flush()
    assert.strictEqual(stays.renders.length, after)
  })

  it("cancels what a listener asked for", async () => {
    let calls = 0
    const { cancel, request } = inFrame(() => {
      calls += 1
    })
    request()
    cancel()
    await advance(300)
    assert.strictEqual(calls, 0)
  })

  it("[C8] the status is told in frames too, each change of it in the end", async () => {
    const { layer, sockets } = fakePresence()
    const { Probe, last } = probe(() => usePresenceStatus().status._tag)
    render(
      <PresenceProvider layer={layer}>
        <Probe />
      </PresenceProvider>
    )
    const socket = await connect(sockets)
    assert.strictEqual(last(), "Connected")
    socket.serverClose(4004)
    await flush()
    await flush()
    assert.strictEqual(last(), "Failed")
  })
})

describe("sources in step", () => {
  /** A source, and the steps, that the test moves. */
  const make = () => {
    let value = 0
    const all = new Set<() => void>()
    const source: StateSource.StateSource<number> = {
      getCurrent: () => value,
      getInitial: () => -1,
      subscribe: (listener) => {
        all.add(listener)
        return () => all.delete(listener)
      }
    }
    let step = () => {}
    let requests = 0
    const group = inStep((listener) => {
      step = listener
      return { request: () => void (requests += 1), cancel: () => void (step = () => {}) }
    })
    const set = (next: number) => {
      value = next
      for (const listener of all) listener()
    }
    return { group, source, set, listeners: all, step: () => step(), requests: () => requests }
  }

  it("[H1] hold still between two steps, for those who come in between too", () => {
    const { group, set, source, step } = make()
    const paced = group.add(source)
    const calls: Array<number> = []
    paced.subscribe(() => calls.push(paced.getCurrent()))
    set(1)
    paced.subscribe(() => calls.push(paced.getCurrent() * 10))
    assert.strictEqual(paced.getCurrent(), 0)
    assert.deepStrictEqual(calls, [])
    step()
    assert.deepStrictEqual(calls, [1, 10])
    step()
    assert.deepStrictEqual(calls, [1, 10])
    assert.strictEqual(paced.getInitial(), -1)
  })

  it("[H1] all of them have moved on before anyone is told", () => {
    const one = make()
    const other = make()
    const [first, second] = [one.source, other.source].map(one.group.add)
    const seen: Array<unknown> = []
    first?.subscribe(() => seen.push(second?.getCurrent()))
    other.set(7)
    one.set(1)
    one.step()
    assert.deepStrictEqual(seen, [7])
  })

  it("are current while nobody is subscribed, and follow nothing then", () => {
    const { group, listeners, set, source } = make()
    const paced = group.add(source)
    set(1)
    assert.strictEqual(paced.getCurrent(), 1)
    const end = paced.subscribe(() => {})
    set(2)
    assert.strictEqual(paced.getCurrent(), 1)
    end()
    assert.strictEqual(paced.getCurrent(), 2)
    assert.strictEqual(listeners.size, 0)
  })

  it("a watch is called in the next step, also one that begins after what it is called for", () => {
    const { group, set, source, step } = make()
    const paced = group.add(source)
    paced.subscribe(() => {})
    const notifies = new Set<() => void>()
    const follow = (notify: () => void) => {
      notifies.add(notify)
      return () => notifies.delete(notify)
    }
    const seen: Array<string> = []
    group.watch(follow, () => seen.push(`early ${paced.getCurrent()}`))
    step()
    seen.length = 0
    set(1)
    for (const notify of notifies) notify()
    group.watch(follow, () => seen.push(`late ${paced.getCurrent()}`))
    const end = group.watch(follow, () => seen.push("gone"))
    end()
    assert.deepStrictEqual(seen, [])
    step()
    assert.deepStrictEqual(seen, ["early 1", "late 1"])
    step()
    assert.lengthOf(seen, 2)
  })

  it("a watch that has something else for what came before calls it once, and then the listener", () => {
    const { group, step } = make()
    const notifies = new Set<() => void>()
    const seen: Array<string> = []
    group.watch(
      (notify) => {
        notifies.add(notify)
        return () => notifies.delete(notify)
      },
      () => seen.push("changed"),
      () => seen.push("check")
    )
    group.add(StateSource.constant(0)).subscribe(() => {})
    step()
    for (const notify of notifies) notify()
    step()
    assert.deepStrictEqual(seen, ["check", "changed"])
  })
})
