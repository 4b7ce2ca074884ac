/** Browser bundles, as an app's bundler would make them. */
import { gzipSync } from "node:zlib"
import { rolldown } from "rolldown"

/** React comes with the app, and so does the Sanity client. */
const appsOwn = [/^react(\/|$)/, /^react-dom(\/|$)/, /^@sanity\/client(\/|$)/]

export interface Bundle {
  /** Kilobytes (1,000 bytes) after gzip. */
  readonly kilobytes: number
  /** The files whose code is in it. */
  readonly modules: ReadonlyArray<string>
}

/** Bundles one entry, minified, for a browser. */
export const bundle = async (input: string): Promise<Bundle> => {
  const build = await rolldown({
    input,
    external: appsOwn,
    platform: "browser",
    // "use client" has no meaning in one bundle.
    onLog: () => {}
  })
  const { output } = await build.generate({ format: "esm", minify: true })
  await build.close()
  const chunks = output.flatMap((file) => (file.type === "chunk" ? [file] : []))
  return {
    kilobytes: gzipSync(chunks.map(({ code }) => code).join("")).length / 1000,
    modules: chunks.flatMap(({ modules }) =>
      Object.entries(modules).flatMap(([id, { renderedLength }]) =>
        renderedLength > 0 ? [id] : []
      )
    )
  }
}
