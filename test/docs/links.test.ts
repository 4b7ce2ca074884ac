/** Links between the pages lead somewhere. */
import { existsSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { pages, read, root } from "./pages.ts"

const withoutCode = (text: string): string =>
  text.replaceAll(/^ *```.*?^ *```$/gms, "").replaceAll(/`[^`\n]*`/g, "")

/** The anchors of a page, as GitHub makes them of its headings. */
const anchorsOf = (page: string): ReadonlySet<string> =>
  new Set(
    Array.from(read(page).matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(/\s/g, "-")
    )
  )

const broken = (page: string): ReadonlyArray<string> =>
  Array.from(withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g), ([, link = ""]) => link)
    .filter((link) => !/^(https?|mailto):/.test(link))
    .filter((link) => {
      const [path = "", anchor] = link.split("#")
      const target = path === "" ? page : normalize(join(dirname(page), path))
      if (!existsSync(join(root, target))) return true
      return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).has(anchor)
    })
    .map((link) => `${page}: ${link}`)

describe("links in the documentation", () => {
  it("lead to files and headings that are there", () => {
    assert.deepStrictEqual(pages.flatMap(broken), [])
  })

  it("lead to every page", () => {
    const linked = new Set(
      pages.flatMap((page) =>
        Array.from(read(page).matchAll(/\]\(([^)#\s]+)/g), ([, link = ""]) =>
          normalize(join(dirname(page), link))
        )
      )
    )
    assert.deepStrictEqual(
      pages.filter((page) => page !== "README.md" && !linked.has(page)),
      []
    )
  })
})
