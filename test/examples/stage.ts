/** What the tests of the examples stand on: a relay, the example's page, a browser, and a colleague. */
import { randomUUID } from "node:crypto"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Page } from "playwright-core"
import { type Name, serve } from "../../examples/page.ts"
import { Relay } from "../../src/relay/index.ts"
import * as Browser from "../browser/Browser.ts"
import { type Kind, type Peer, type PeerError, spawn } from "../interop/Peer.ts"

/** A room that nobody else is in: the page there, as Ada, and Grace, who has another client. */
export interface Scene {
  readonly page: Page
  readonly problems: ReadonlyArray<string>
  readonly grace: Peer
}

/** `scene`: Grace joins, then the page is opened. */
export class Stage extends Context.Service<
  Stage,
  { readonly scene: (kind: Kind) => Effect.Effect<Scene, PeerError, Scope.Scope> }
>()("test/ExamplesStage") {
  static readonly layer = (name: Name): Layer.Layer<Stage> =>
    Layer.effect(
      Stage,
      Effect.gen(function* () {
        const { address, url: apiHost } = yield* Relay
        // The App SDK puts the project into the host name; browsers resolve `demo.localhost`.
        const site = yield* serve(name, `http://localhost:${address.port}`)
        const browser = yield* Browser.launch
        return Stage.of({
          scene: Effect.fnUntraced(function* (kind) {
            const dataset = `room-${randomUUID().slice(0, 8)}`
            const grace = yield* spawn(kind)
            yield* grace.join({ url: apiHost, projectId: "demo", dataset }, "p-grace-hopper")
            const { page, problems } = yield* Browser.open(browser, `${site}?dataset=${dataset}`)
            return { page, problems, grace }
          })
        })
      })
    ).pipe(Layer.provide(Layer.orDie(Relay.layerTest)))
}

/** Focuses an input of the page, named by its label. */
export const focus = (page: Page, name: string) =>
  Effect.promise(() => page.getByRole("textbox", { name, exact: true }).focus())

/** Waits until a list of the page, named by its label, says this. */
export const untilShows = (page: Page, label: string, text: string) =>
  Effect.promise(() =>
    page.getByRole("list", { name: label, exact: true }).getByText(text).first().waitFor()
  )

/** Waits until a list of the page says this nowhere. */
export const untilHides = (page: Page, label: string, text: string) =>
  Effect.promise(() =>
    page
      .getByRole("list", { name: label, exact: true })
      .getByText(text)
      .first()
      .waitFor({ state: "detached" })
  )

/** Waits until the colleague sees Ada exactly there, in one session. */
export const untilSeesAda = (grace: Peer, documentId: string, path: ReadonlyArray<unknown>) =>
  grace.until(`Ada at ${JSON.stringify(path)}`, ({ people }) => {
    const adas = people.filter(({ userId }) => userId === "p-ada-lovelace")
    const [location, ...more] = adas.flatMap(({ locations }) => locations)
    return (
      more.length === 0 &&
      location?.["documentId"] === documentId &&
      JSON.stringify(location["path"]) === JSON.stringify(path)
    )
  })
