/** What each module weighs in a bundle: how much smaller it would be without. Pure. */
import { SourceMap } from "node:module"
import { gzipSync } from "node:zlib"
import type { Figures } from "../../suite.ts"

interface Chunk {
  readonly code: string
  readonly map: {
    readonly file: string
    readonly version: number
    readonly sources: ReadonlyArray<string>
    readonly sourcesContent?: ReadonlyArray<string | null> | undefined
    readonly names: ReadonlyArray<string>
    readonly mappings: string
  } | null
}

/** Text of a bundle that comes of one module. */
interface Piece {
  readonly module: string
  readonly text: string
}

/**
 * The name of a module: ours from `src` on, those of packages as one imports them, for instance
 * `src/Tracker.ts`, `effect/Schema` and `@sanity/id-utils/index`.
 */
const nameOf = (path: string): string => {
  const [, packaged] = /.*node_modules\/(.+)\.[cm]?js$/.exec(path) ?? []
  if (packaged !== undefined) return packaged.replace("/dist/", "/")
  return path.slice(Math.max(0, path.lastIndexOf("src/")))
}

const piecesOf = ({ code, map }: Chunk): ReadonlyArray<Piece> => {
  if (map === null) throw new Error("the bundle came without a source map")
  const sourceMap = new SourceMap({
    file: map.file,
    version: map.version,
    sources: [...map.sources],
    sourcesContent: [],
    names: [...map.names],
    mappings: map.mappings,
    sourceRoot: ""
  })
  const pieces: Array<Piece> = []
  for (const [line, text] of code.split("\n").entries()) {
    let from = 0
    let module: string | undefined
    const cut = (to: number, next: string | undefined) => {
      if (to > from) pieces.push({ module: module ?? "bundler", text: text.slice(from, to) })
      from = to
      module = next
    }
    for (let column = 0; column < text.length; column++) {
      const entry = sourceMap.findEntry(line, column)
      // What the bundler adds comes of no source, whatever the type says.
      const source: unknown = "originalSource" in entry ? entry.originalSource : undefined
      const name = typeof source === "string" ? nameOf(source) : undefined
      if (name !== module) cut(column, name)
    }
    cut(text.length, undefined)
    pieces.push({ module: "bundler", text: "\n" })
  }
  return pieces
}

const kilobytesOf = (pieces: ReadonlyArray<Piece>) =>
  gzipSync(pieces.map(({ text }) => text).join("")).length / 1_000

/** Modules that come and go together. */
const groups: { readonly [name: string]: RegExp } = {
  "all of ours": /^src\//,
  "all of ours: connection": /^src\/bifur\//,
  "all of ours: React": /^src\/react\//,
  "all of Effect": /^effect\//,
  "all of Effect: Schema": /^effect\/(Schema|internal\/schema)/,
  "all of Effect: Stream, Channel, Queue, PubSub":
    /^effect\/(Stream|Channel|Pull|Queue|PubSub|Take|SubscriptionRef)|^effect\/internal\/(stream|channel)/,
  "all of Effect: HashMap": /^effect\/(HashMap|internal\/hashMap)/
}

/** What the names of the figures of a module start with. */
export const prefixes = { gzipped: "gzipped of ", minified: "minified of " } as const

/**
 * Figures of each module, in kilobytes: its minified text, and by how much the bundle shrinks after gzip
 * when that is cut out of it. Modules share words, so together they weigh more than their sum; those of a
 * group, for instance `all of ours`, are cut out at once.
 */
export const weigh = (chunks: ReadonlyArray<Chunk>): Figures => {
  const pieces = chunks.flatMap(piecesOf)
  const whole = kilobytesOf(pieces)
  const figures: Record<string, number> = {}
  const weighOf = (name: string, isOf: (module: string) => boolean) => {
    const text = pieces.filter(({ module }) => isOf(module)).map((piece) => piece.text)
    figures[prefixes.minified + name] = Buffer.byteLength(text.join("")) / 1_000
    figures[prefixes.gzipped + name] = whole - kilobytesOf(pieces.filter((it) => !isOf(it.module)))
  }
  for (const [name, pattern] of Object.entries(groups)) {
    weighOf(name, (module) => pattern.test(module))
  }
  for (const name of new Set(pieces.map(({ module }) => module))) {
    weighOf(name, (module) => module === name)
  }
  return figures
}
