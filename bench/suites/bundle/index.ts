/** What presence adds to a page: bundles as an app's bundler makes them. */
import type { Case, Extra, Sample, Suite } from "../../suite.ts"
import type { Input } from "./measure.ts"
import { prefixes } from "./weights.ts"

const inReact = "for React"
const withoutReact = "without React"
const others = "other entries"
const alone = "alone"
const hooks = "ours: provider + hooks"

const one = (scene: string, contender: string, input: Input): Case => ({
  scene,
  contender,
  module: new URL("measure.ts", import.meta.url),
  input
})

const ours = (entry: string, more: Partial<Input> = {}): Input => ({
  entry: `../../../${entry}`,
  holds: "/src/",
  isOurs: true,
  ...more
})

const cases: ReadonlyArray<Case> = [
  one(inReact, hooks, ours("test/package/hooks.ts", { takesClient: true })),
  one(inReact, "ours: with components", ours("src/react/index.ts", { takesClient: true })),
  one(inReact, "@sanity/sdk-react: ResourceProvider + hooks", {
    entry: "entries/sdkReact.ts",
    holds: "/@sanity/sdk-react/",
    takesClient: true
  }),
  one(inReact, "@sanity/sdk-react: SanityApp + hooks", {
    entry: "entries/sanityApp.ts",
    holds: "/@sanity/sdk-react/",
    takesClient: true
  }),
  one(inReact, "Liveblocks client + react", {
    entry: "entries/liveblocks.ts",
    holds: "/@liveblocks/react/"
  }),
  one(withoutReact, "ours", ours("src/index.ts", { takesClient: true })),
  one(withoutReact, "@sanity/sdk: presence", {
    entry: "entries/sdk.ts",
    holds: "/@sanity/sdk/",
    takesClient: true
  }),
  one(withoutReact, "@sanity/bifur-client + rxjs", {
    entry: "entries/bifurClient.ts",
    holds: "/@sanity/bifur-client/"
  }),
  one(withoutReact, "y-protocols awareness + yjs", {
    entry: "entries/yjs.ts",
    holds: "/y-protocols/"
  }),
  one(others, "ours: testing", ours("src/testing/index.ts")),
  one(others, "ours: relay, for Node, without platform-node", {
    entry: "../../../src/relay/index.ts",
    holds: "/src/relay/",
    isForNode: true
  }),
  one(alone, "Effect: what our hooks use of it", {
    entry: "../../../test/package/hooks.ts",
    holds: "/node_modules/effect/",
    isOfEffect: true
  }),
  one(alone, "@sanity/client", { entry: "entries/sanityClient.ts", holds: "/@sanity/client/" })
]

/** The heaviest modules in the bundle of the hooks, as samples of their own. */
const heaviest = (
  samples: ReadonlyArray<Sample>,
  scene: string,
  isOf: (module: string) => boolean,
  most: number
): ReadonlyArray<Sample> => {
  const { figures = {}, round = 1 } =
    samples.find(({ contender, scene: of }) => of === inReact && contender === hooks) ?? {}
  return Object.entries(figures)
    .flatMap(([figure, gzipped]) => {
      if (!figure.startsWith(prefixes.gzipped)) return []
      const module = figure.slice(prefixes.gzipped.length)
      return isOf(module) ? [{ module, gzipped }] : []
    })
    .toSorted((a, b) => b.gzipped - a.gzipped)
    .slice(0, most)
    .map(({ gzipped, module }) => ({
      scene,
      contender: module,
      round,
      figures: { gzipped, minified: figures[prefixes.minified + module] ?? Number.NaN }
    }))
}

const extra = (samples: ReadonlyArray<Sample>): ReadonlyArray<Extra> => [
  {
    title:
      "What weighs what in the provider and the hooks: kB by which the bundle shrinks without it",
    columns: [
      { figure: "gzipped", label: "kB gzipped" },
      { figure: "minified", label: "kB minified" }
    ],
    samples: [
      ...heaviest(samples, "all", (module) => module.startsWith("all of "), 10),
      ...heaviest(samples, "ours", (module) => module.startsWith("src/"), 20),
      ...heaviest(samples, "Effect", (module) => module.startsWith("effect/"), 15),
      ...heaviest(samples, "others", (module) => !/^(all of |src\/|effect\/)/.test(module), 5)
    ]
  }
]

export const bundle: Suite = {
  name: "bundle",
  title:
    "Bundle: kB (1,000 bytes) of JavaScript for a page, minified, without React and without @sanity/client",
  rounds: 1,
  cases,
  columns: [
    { figure: "gzipped", label: "kB gzipped", digits: 1 },
    { figure: "minified", label: "kB minified", digits: 1 },
    { figure: "above", label: "kB gzipped above Effect", digits: 1 },
    { figure: "withClient", label: "kB gzipped with @sanity/client", digits: 1 }
  ],
  extra,
  targets: [
    {
      id: "P3",
      says: "provider and hooks with Effect, gzipped",
      unit: " kB",
      digits: 1,
      value: (round) => round(inReact, hooks)?.["gzipped"],
      limit: { most: 60 }
    },
    {
      id: "P3",
      says: "provider and hooks above what they use of Effect, gzipped",
      unit: " kB",
      digits: 1,
      value: (round) => round(inReact, hooks)?.["above"],
      limit: { most: 12 }
    }
  ]
}
