// @vitest-environment happy-dom
import { assert, describe, it } from "@effect/vitest"
import { act, fireEvent, render, screen } from "@testing-library/react"
import { Fragment, type ReactNode, StrictMode } from "react"
import type { ReportedLocation } from "../../src/index.ts"
import {
  PresenceProvider,
  type PresenceProviderProps,
  type UsePresenceField,
  usePresenceField
} from "../../src/react/index.ts"
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

withFakeClocks()

const title: ReportedLocation = { documentId: "a", path: ["title"] }

function Input({ field, label }: { readonly field: ReportedLocation; label: string }): ReactNode {
  const { isFocused, presence, props } = usePresenceField(field)
  return (
    <>
      <input {...props} aria-label={label} data-focused={isFocused} />
      <output>{presence.map(({ user }) => user.id).join()}</output>
    </>
  )
}

const enter = async (
  children: ReactNode,
  {
    Mode = Fragment,
    ...props
  }: Omit<PresenceProviderProps, "layer"> & { Mode?: typeof Fragment } = {}
) => {
  const { layer, sockets } = fakePresence()
  const tree = (children: ReactNode) => (
    <Mode>
      <PresenceProvider layer={layer} {...props}>
        {children}
      </PresenceProvider>
    </Mode>
  )
  const { rerender } = render(tree(children))
  const socket = await connect(sockets)
  return { socket, show: (children: ReactNode) => rerender(tree(children)) }
}

/** Longer than any throttle. */
const quiet = () => advance(1_500)

const focus = (label: string) => act(() => screen.getByLabelText(label).focus())
const blur = (label: string) => act(() => screen.getByLabelText(label).blur())

describe("usePresenceField", () => {
  for (const Mode of [Fragment, StrictMode]) {
    it(`[H2] spread on an input, focus reports the field and blur takes it back${Mode === StrictMode ? ", in StrictMode" : ""}`, async () => {
      const { socket } = await enter(<Input label="Title" field={title} />, { Mode })
      await quiet()
      assert.notInclude(socket.methods, "presence_announce")
      focus("Title")
      await flush()
      assert.deepStrictEqual(announces(socket), [["drafts.a title"]])
      assert.strictEqual(screen.getByLabelText("Title").dataset["focused"], "true")
      await quiet()
      blur("Title")
      await quiet()
      assert.deepStrictEqual(announces(socket), [["drafts.a title"], []])
      assert.strictEqual(screen.getByLabelText("Title").dataset["focused"], "false")
    })
  }

  it("[A2] from field to field is one announce each, at once", async () => {
    const { socket } = await enter(
      <>
        <Input label="Title" field={title} />
        <Input label="Body" field={{ documentId: "a", path: ["body"] }} />
      </>
    )
    focus("Title")
    await advance(300)
    focus("Body")
    await advance(300)
    focus("Title")
    await advance(300)
    assert.deepStrictEqual(announces(socket).slice(0, 2), [["drafts.a title"], ["drafts.a body"]])
    await quiet()
    assert.deepStrictEqual(announces(socket).at(-1), ["drafts.a title"])
  })

  it("[H2] on a fieldset, focus that moves within stays in the field", async () => {
    function Address(): ReactNode {
      const { isFocused, props } = usePresenceField({ documentId: "a", path: ["address"] })
      return (
        <fieldset {...props} data-testid="set" data-focused={isFocused}>
          <input aria-label="Street" />
          <input aria-label="City" />
        </fieldset>
      )
    }
    const { socket } = await enter(
      <>
        <Address />
        <button type="button">Out</button>
      </>
    )
    const isFocused = () => screen.getByTestId("set").dataset["focused"]
    focus("Street")
    await quiet()
    focus("City")
    assert.strictEqual(isFocused(), "true")
    await quiet()
    assert.deepStrictEqual(announces(socket), [["drafts.a address"]])
    act(() => screen.getByText("Out").focus())
    assert.strictEqual(isFocused(), "false")
    await quiet()
    assert.deepStrictEqual(announces(socket), [["drafts.a address"], []])
  })

  it("[H2] a window that loses the focus leaves the field, and returns to it", async () => {
    const { socket } = await enter(<Input label="Title" field={title} />)
    focus("Title")
    await quiet()
    fireEvent.blur(screen.getByLabelText("Title"), { relatedTarget: null })
    await quiet()
    fireEvent.focus(screen.getByLabelText("Title"))
    await quiet()
    assert.deepStrictEqual(announces(socket), [["drafts.a title"], [], ["drafts.a title"]])
  })

  it("[H2] a field that unmounts while it has the focus is left", async () => {
    const { show, socket } = await enter(<Input label="Title" field={title} />)
    focus("Title")
    await quiet()
    show(null)
    await quiet()
    assert.deepStrictEqual(announces(socket), [["drafts.a title"], []])
  })

  it("[H2] a field that becomes another while it has the focus is reported as that", async () => {
    const { show, socket } = await enter(<Input label="Title" field={title} />)
    focus("Title")
    await quiet()
    show(<Input label="Title" field={{ documentId: "b", path: ["title"] }} />)
    await quiet()
    assert.deepStrictEqual(announces(socket), [["drafts.a title"], ["drafts.b title"]])
  })

  it("[H2] moves with the caret while it has the focus, and not before", async () => {
    const at = (offset: number): ReportedLocation => {
      const point = { path: ["title"], offset }
      return { ...title, selection: { anchor: point, focus: point } }
    }
    const { show, socket } = await enter(<Input label="Title" field={at(0)} />)
    show(<Input label="Title" field={at(1)} />)
    await quiet()
    assert.lengthOf(announces(socket), 0)
    focus("Title")
    await quiet()
    show(<Input label="Title" field={at(2)} />)
    await quiet()
    const carets = socket.sent
      .filter(({ method }) => method === "presence_announce")
      .map((sent) => /"focus":\{[^}]*"offset":(\d)/.exec(JSON.stringify(sent))?.[1])
    assert.deepStrictEqual(carets, ["1", "2"])
  })

  it("[H1] [Q2] shows who else is in the field of exactly this document", async () => {
    const { Probe, last, renders } = probe(() => usePresenceField(title))
    const { socket } = await enter(<Probe />)
    const names = ({ presence }: UsePresenceField) => presence.map(({ user }) => String(user.id))
    assert.deepStrictEqual(names(last()), [])
    const { length } = renders
    socket.receive(
      announced("p-bob", { documentId: "a", path: ["title"] }),
      announced("p-eve", { documentId: "versions.rSummer.a", path: ["title"] }),
      announced("p-joe", { path: ["body"] })
    )
    await flush()
    assert.strictEqual(renders.length, length)
    socket.receive(announced("p-ada", { path: ["title"] }))
    await flush()
    assert.deepStrictEqual(names(last()), ["p-ada"])
    assert.strictEqual(renders.length, length + 1)
  })

  it("[Q2] reads and reports under the provider's perspective", async () => {
    const { socket } = await enter(<Input label="Title" field={title} />, {
      perspective: { releaseName: "rSummer" }
    })
    socket.receive(
      announced("p-ada", { path: ["title"] }),
      announced("p-eve", { documentId: "versions.rSummer.a", path: ["title"] })
    )
    focus("Title")
    await flush()
    assert.strictEqual(screen.getByRole("status").textContent, "p-eve")
    assert.deepStrictEqual(announces(socket), [["versions.rSummer.a title"]])
  })
})
