// @vitest-environment happy-dom
import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react"
import axe from "axe-core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { type ReactNode, StrictMode } from "react"
import { Presence, type UserProfile } from "../../src/index.ts"
import {
  DocumentAvatars,
  FieldPresence,
  hueOf,
  initialsOf,
  PresenceAnnouncer,
  PresenceAvatars,
  PresenceProvider,
  type Present
} from "../../src/react/index.ts"
import { UserId } from "../../src/Session.ts"
import { TestRoom, TestTransport } from "../../src/testing/index.ts"

afterEach(cleanup)

const person = (
  id: string,
  displayName: string,
  rest: Partial<Present> & { readonly imageUrl?: string } = {}
): Present => {
  const { imageUrl, ...presence } = rest
  const user: UserProfile = { id: UserId.make(id), displayName, imageUrl }
  return { user, stale: false, activity: "active", ...presence }
}
const ada = person("p-ada", "Ada King Lovelace")
const alan = person("p-alan", "Alan Turing")
const grace = person("p-grace", "Grace Hopper")
const emmy = person("p-emmy", "Emmy Noether")

const names = () => screen.queryAllByRole("listitem").map(({ title }) => title)

const axeProblems = async (container: Element) => {
  const { violations } = await axe.run(container, { rules: { region: { enabled: false } } })
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)
}

describe("PresenceAvatars", () => {
  it("[H5] are a list with a name, one item per person, and what is left of a crowd in words", async () => {
    const { container } = render(
      <PresenceAvatars presence={[ada, alan, ada, grace, emmy]} label="In Title" max={2} />
    )
    const list = screen.getByRole("list", { name: "In Title" })
    const texts = within(list)
      .getAllByRole("listitem")
      .map(({ textContent }) => textContent)
    assert.deepStrictEqual(texts, [
      "ALAda King Lovelace",
      "ATAlan Turing",
      "+2Grace Hopper, Emmy Noether"
    ])
    assert.deepStrictEqual(names(), [
      "Ada King Lovelace",
      "Alan Turing",
      "Grace Hopper, Emmy Noether"
    ])
    assert.deepStrictEqual(await axeProblems(container), [])
  })

  it("are nothing where there is nobody, and all where there is no most", () => {
    const { container, rerender } = render(<PresenceAvatars presence={[]} label="In Title" />)
    assert.strictEqual(container.innerHTML, "")
    rerender(<PresenceAvatars presence={[ada, alan, grace, emmy]} label="In Title" />)
    assert.lengthOf(names(), 4)
    rerender(<PresenceAvatars presence={[ada, alan]} label="In Title" max={2} />)
    assert.deepStrictEqual(names(), ["Ada King Lovelace", "Alan Turing"])
    rerender(<PresenceAvatars presence={[ada, alan]} label="In Title" max={0} />)
    assert.deepStrictEqual(names(), ["Ada King Lovelace, Alan Turing"])
    rerender(<PresenceAvatars presence={[ada, alan]} label="In Title" max={-1} />)
    assert.deepStrictEqual(names(), ["Ada King Lovelace, Alan Turing"])
  })

  it("show someone as the liveliest of their tabs", () => {
    const tabs: ReadonlyArray<Present> = [
      { ...ada, stale: true, activity: "away" },
      { ...ada, stale: false, activity: "idle" }
    ]
    const { rerender } = render(<PresenceAvatars presence={tabs} label="Here" />)
    const { dataset } = screen.getByRole("listitem")
    assert.include(dataset, { userId: "p-ada", stale: "false", activity: "idle" })
    assert.strictEqual(dataset["hue"], String(hueOf("p-ada")))
    rerender(<PresenceAvatars presence={tabs.slice(0, 1)} label="Here" />)
    assert.include(screen.getByRole("listitem").dataset, { stale: "true", activity: "away" })
  })

  it("[H5] show pictures, and initials where one does not load", async () => {
    const url = "https://cdn.example/ada.png"
    const withImage = (imageUrl: string) => [person("p-ada", "Ada Lovelace", { imageUrl })]
    const { container, rerender } = render(
      <PresenceAvatars presence={withImage(url)} label="Here" />
    )
    const image = container.querySelector("img")
    assert.strictEqual(image?.getAttribute("src"), url)
    assert.strictEqual(image?.getAttribute("alt"), "")
    assert.deepStrictEqual(await axeProblems(container), [])
    if (image !== null) fireEvent.error(image)
    assert.isNull(container.querySelector("img"))
    assert.strictEqual(container.querySelector("[aria-hidden]")?.textContent, "AL")
    rerender(<PresenceAvatars presence={withImage(`${url}?other`)} label="Here" />)
    assert.isNotNull(container.querySelector("img"))
    rerender(<PresenceAvatars presence={withImage("data:image/png;base64,AA==")} label="Here" />)
    assert.isNotNull(container.querySelector("img"))
  })

  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)//https://",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "blob:https://x/y",
    "file:///etc/passwd",
    "//evil.example/x.png",
    "x\nhttps://evil.example",
    ""
  ])("load nothing from %j", (imageUrl) => {
    const presence = [person("p-x", "X", { imageUrl })]
    const { container } = render(<PresenceAvatars presence={presence} label="Here" />)
    assert.isNull(container.querySelector("img"))
  })

  it("[H5] take names for text, whatever they hold", () => {
    const name = `"><img src=x onerror=alert(1)> <b>Ada</b> &amp;`
    const { container } = render(
      <PresenceAvatars presence={[person(`p"><script>`, name)]} label="<i>In</i> Title" />
    )
    assert.isNull(container.querySelector("img, b, i, script"))
    assert.deepStrictEqual(names(), [name])
    assert.include(container.textContent, name)
    assert.isNotNull(screen.getByRole("list", { name: "<i>In</i> Title" }))
  })

  it("look as the app wants", () => {
    const { container } = render(
      <PresenceAvatars
        presence={[ada, alan]}
        label="Here"
        className="stack"
        max={1}
        nameOf={({ user }) => `Dr ${user.displayName}`}
        renderAvatar={({ activity, user }) => <b>{`${user.id} ${activity}`}</b>}
      />
    )
    assert.strictEqual(container.querySelector("ul.stack b")?.textContent, "p-ada active")
    assert.deepStrictEqual(names(), ["Dr Ada King Lovelace", "Dr Alan Turing"])
  })

  it.each([
    ["Ada", "A"],
    ["  ada   king lovelace ", "AL"],
    ["p-ada", "P"],
    ["", ""],
    ["😀 b", "😀B"]
  ])("initials of %j are %j", (name, initials) => {
    assert.strictEqual(initialsOf(name), initials)
  })
})

/** A room in memory, and components in it. */
const enter = async (children: ReactNode) => {
  const scope = Effect.runSync(Scope.make())
  const room = await Effect.runPromise(
    Layer.buildWithScope(TestRoom.layer, scope).pipe(
      Effect.map((context) => Context.get(context, TestRoom))
    )
  )
  const connection = Effect.map(TestTransport.connect("p-self"), TestTransport.layerConnection)
  const layer = Presence.layer.pipe(
    Layer.provide(Layer.unwrap(connection)),
    Layer.provide(Layer.succeed(TestRoom, room))
  )
  const { container } = render(<PresenceProvider layer={layer}>{children}</PresenceProvider>, {
    wrapper: StrictMode
  })
  const settle = async (effect: Effect.Effect<void>, milliseconds = 400) => {
    await act(() => Effect.runPromise(effect))
    // Step by step: React 18 renders, and runs effects, at the end of an act only.
    for (let left = milliseconds; left > 0; left -= 50) {
      await act(() => vi.advanceTimersByTimeAsync(50))
    }
  }
  const join = (userId: string) =>
    Effect.runPromise(Effect.provideService(room.join({ userId }), Scope.Scope, scope))
  await settle(Effect.void)
  return { container, join, settle }
}

describe("connected", () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it("DocumentAvatars show who is in any version, FieldPresence who is in this field of this one", async () => {
    const { join, settle } = await enter(
      <>
        <DocumentAvatars documentId="book" label="In the book" />
        <FieldPresence documentId="book" path={["title"]} label="In Title" />
      </>
    )
    const inList = (name: string) =>
      within(screen.getByRole("list", { name }))
        .getAllByRole("listitem")
        .map(({ title }) => title)
    const ada = await join("p-ada")
    const alan = await join("p-alan")
    await settle(ada.move([{ documentId: "book", path: ["title"] }]))
    await settle(alan.move([{ documentId: "book", path: ["title"], perspective: "rSummer" }]))
    assert.deepStrictEqual(inList("In the book"), ["p-ada", "p-alan"])
    assert.deepStrictEqual(inList("In Title"), ["p-ada"])
    await settle(ada.move([{ documentId: "book", path: ["body"] }]))
    assert.isNull(screen.queryByRole("list", { name: "In Title" }))
  })

  it("[H5] PresenceAnnouncer says who comes, goes and moves, one sentence in five seconds", async () => {
    const { container, join, settle } = await enter(
      <PresenceAnnouncer documentId="book" label="<b>A book</b>" />
    )
    const sentences: Array<string> = []
    const status = screen.getByRole("status")
    new MutationObserver(() => sentences.push(status.textContent)).observe(status, {
      childList: true,
      characterData: true,
      subtree: true
    })
    const ada = await join("p-ada")
    const alan = await join("p-alan")
    await settle(ada.move([{ documentId: "book", path: ["title"] }]), 2_000)
    assert.strictEqual(status.textContent, "p-ada came to <b>A book</b>.")

    for (let round = 0; round < 10; round++) {
      await settle(ada.move([{ documentId: "book", path: ["authors", { _key: "a" }, "name"] }]), 50)
      await settle(alan.move([{ documentId: "book", path: ["body", round] }]), 50)
      await settle(ada.move([{ documentId: "book", path: ["title"] }]), 50)
    }
    await settle(ada.move([{ documentId: "book", path: ["authors", { _key: "a" }, "name"] }]))
    assert.lengthOf(sentences, 1)
    await settle(Effect.void, 5_000)
    assert.lengthOf(sentences, 2)
    assert.strictEqual(sentences[1], "p-alan came to <b>A book</b>; p-ada went to authors.")
    await settle(ada.leave, 10_000)
    await settle(alan.move([{ documentId: "book", path: ["body", 99] }]), 10_000)
    assert.deepStrictEqual(sentences.slice(2), ["p-ada left <b>A book</b>."])
    vi.useRealTimers()
    assert.deepStrictEqual(await axeProblems(container), [])
  })
})
