/** How long it takes to import the library, and to be connected for the first time. */
import type { Case, Suite } from "../../suite.ts"
import type { Input as Bare } from "./bare.ts"
import { build, effectOf, type Entry, entries, entryOf, othersOf } from "./build.ts"
import type { Input as Importing } from "./importing.ts"

const ours = "ours"

/** Something that an entry exports. */
const exported: { readonly [E in Entry]: string } = {
  ".": "createPresence",
  "./react": "PresenceProvider",
  "./testing": "TestRoom",
  "./relay": "Relay"
}

const importing = (scene: string, contender: string, input: Importing): Case => ({
  scene,
  contender,
  module: new URL("importing.ts", import.meta.url),
  input
})

const connecting = (contender: string, file: string, input: Bare | null = null): Case => ({
  scene: "first connection",
  contender,
  module: new URL(file, import.meta.url),
  input
})

export const start: Suite = {
  name: "start",
  title:
    "Start: milliseconds to import what is built, and from the first call to connected, over loopback",
  rounds: 9,
  prepare: build,
  cases: [
    ...entries.flatMap((entry) => {
      const scene = `import "${entry}"`
      return [
        importing(scene, ours, { specifier: entryOf(entry).href, exports: exported[entry] }),
        importing(scene, "what it imports of others", { specifier: othersOf(entry).href }),
        importing(scene, "what it imports of effect", { specifier: effectOf(entry).href }),
        ...(entry === "."
          ? [
              importing(scene, "@sanity/sdk", { specifier: "@sanity/sdk", exports: "getPresence" }),
              importing(scene, "@liveblocks/client", {
                specifier: "@liveblocks/client",
                exports: "createClient"
              })
            ]
          : [])
      ]
    }),
    connecting(ours, "ours.ts"),
    connecting("ours, as a layer", "layer.ts"),
    connecting("@sanity/sdk, roll called", "sdk.ts"),
    connecting("bare WebSocket, open", "bare.ts", "open"),
    connecting("bare WebSocket, subscribed", "bare.ts", "subscribed")
  ],
  columns: [
    { figure: "millis", label: "ms", digits: 0 },
    { figure: "rollCall", label: "ms until the roll is called", digits: 0 }
  ],
  baseline: ours,
  targets: []
}
