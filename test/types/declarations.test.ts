/** The declarations that npm would publish. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { parseSync } from "vite"

const root = fileURLToPath(new URL("../..", import.meta.url))
const built = mkdtempSync(join(tmpdir(), "presence-declarations-"))

/** Calls `visit` with every node of a syntax tree. */
const walk = (node: unknown, visit: (node: object) => void): void => {
  if (typeof node !== "object" || node === null) return
  visit(node)
  for (const child of Object.values(node)) walk(child, visit)
}

/** The lines of a declaration file on which the type `any` stands: in the code, not in its comments. */
const anysOf = (name: string, code: string): ReadonlyArray<string> => {
  const { errors, program } = parseSync(name, code, { lang: "dts" })
  assert.deepStrictEqual(errors, [], name)
  const found: Array<string> = []
  walk(program, (node) => {
    if (!("type" in node && node.type === "TSAnyKeyword" && "start" in node)) return
    found.push(`${name}:${code.slice(0, Number(node.start)).split("\n").length}`)
  })
  return found
}

describe("the declarations", () => {
  beforeAll(() => {
    execFileSync(join(root, "node_modules/.bin/tsc"), [
      "-p",
      join(root, "tsconfig.build.json"),
      "--outDir",
      built,
      "--emitDeclarationOnly"
    ])
  })
  afterAll(() => rmSync(built, { recursive: true, force: true }))

  it("an any is found in whatever it stands, but not in a comment or a text", () => {
    assert.deepStrictEqual(anysOf("a.d.ts", "export declare const a: any"), ["a.d.ts:1"])
    const deep = "/** any */\nexport interface A<B = any> {\n  readonly any: { c: Array<any> }\n}"
    assert.deepStrictEqual(anysOf("a.d.ts", deep), ["a.d.ts:2", "a.d.ts:3"])
    assert.deepStrictEqual(anysOf("a.d.ts", '// any\nexport type A = "any" | { any: 1 }'), [])
  })

  it("hold no any", () => {
    const files = readdirSync(built, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".d.ts")
    )
    for (const entry of ["index", "react/index", "testing/index", "relay/index"]) {
      assert.include(files, `${entry}.d.ts`)
    }
    const found = files.flatMap((file) => anysOf(file, readFileSync(join(built, file), "utf8")))
    assert.deepStrictEqual(found, [])
  })
})
