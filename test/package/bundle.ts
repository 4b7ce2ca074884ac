/** Browser bundles, as an app's bundler would make them. */
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { type InputOptions, type OutputChunk, rolldown } from "rolldown"

/** React comes with the app. */
export const react = [/^react(\/|$)/, /^react-dom(\/|$)/]

/** And so does the Sanity client. */
export const appsOwn = [...react, /^@sanity\/client(\/|$)/]

export interface Bundle {
  /** Kilobytes (1,000 bytes) after gzip. */
  readonly kilobytes: number
  /** Kilobytes before it. */
  readonly minified: number
  /** The files whose code is in it. */
  readonly modules: ReadonlyArray<string>
  readonly chunks: ReadonlyArray<OutputChunk>
}

const chunksOf = async (options: InputOptions, minify: boolean) => {
  // "use client" has no meaning in one bundle.
  const build = await rolldown({ ...options, platform: "browser", onLog: () => {} })
  const { output } = await build.generate({
    format: "esm",
    minify,
    sourcemap: "hidden",
    // As the build of an app has it, Vite's for instance: nobody shakes it once more.
    comments: { annotation: false, jsdoc: false, legal: true }
  })
  await build.close()
  return output.flatMap((file) => (file.type === "chunk" ? [file] : []))
}

const toBundle = (chunks: ReadonlyArray<OutputChunk>): Bundle => {
  const code = Buffer.from(chunks.map((chunk) => chunk.code).join(""))
  return {
    kilobytes: gzipSync(code).length / 1000,
    minified: code.length / 1000,
    modules: chunks.flatMap(({ modules }) =>
      Object.entries(modules).flatMap(([id, { renderedLength }]) =>
        renderedLength > 0 ? [id] : []
      )
    ),
    chunks
  }
}

/** Bundles one entry, minified, for a browser; without what the app has anyway. */
export const bundle = async (
  input: string,
  external: ReadonlyArray<RegExp> = appsOwn
): Promise<Bundle> => toBundle(await chunksOf({ input, external: [...external] }, true))

/**
 * Bundles what an entry uses of Effect and nothing else: every function that it calls, exactly. What a
 * bundle would weigh without this library.
 */
export const bundleOfEffect = async (
  input: string,
  external: ReadonlyArray<RegExp> = appsOwn
): Promise<Bundle> => {
  const own = await chunksOf({ input, external: [...external, /^effect\//] }, false)
  const code = own.map((chunk) => chunk.code).join("\n")
  const imports = [...code.matchAll(/import \* as ([\w$]+) from "(effect\/[^"]+)"/g)]
  const uses = imports.flatMap(([, name = ""]) => {
    const members = code.matchAll(new RegExp(`\\b${name.replaceAll("$", "\\$")}\\.(\\w+)`, "g"))
    return [...new Set([...members].map(([use]) => use))]
  })
  const source = [...imports.map(([line]) => line), `export const used = [${uses.join(", ")}]`]
  return toBundle(
    await chunksOf(
      {
        input: "effect-used",
        external: [...external],
        plugins: [
          {
            name: "effect-used",
            resolveId: (id) => (id === "effect-used" ? fileURLToPath(import.meta.url) + id : null),
            load: (id) => (id.endsWith("effect-used") ? source.join("\n") : null)
          }
        ]
      },
      true
    )
  )
}
