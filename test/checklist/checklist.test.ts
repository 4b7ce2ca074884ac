import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import {
  counterparts,
  filesOfPeers,
  linesOfTests,
  namesIn,
  problemsIn,
  readPeer,
  root,
  table
} from "./checklist.ts"
import { peers } from "./peers.ts"

describe("the peers' tests as a checklist", () => {
  it("names every file of tests that they have about presence", () => {
    assert.sameMembers(
      peers.map(({ file, peer }) => `${peer}/${file}`),
      [...filesOfPeers()]
    )
  })

  it.each(peers)("has every test of $peer $file, as it was read", (peer) => {
    const { digest, lines } = readPeer(peer)
    assert.deepStrictEqual(
      peer.behaviours.map(({ line }) => line),
      lines
    )
    assert.strictEqual(digest, peer.digest, "the peer has changed: read its tests again")
  })

  it("answers each with tests of ours, or a reason", () => {
    for (const behaviour of peers.flatMap(({ behaviours }) => behaviours)) {
      assert.isNotEmpty(behaviour.says)
      assert.isNotEmpty("ours" in behaviour ? behaviour.ours : behaviour.notHere)
    }
    console.log(table())
  })

  it("names tests that are there, each by a part of its name that no other has", () => {
    const problems = counterparts.flatMap(({ file, test }) => {
      const path = join(root, file)
      if (!existsSync(path)) return [`${file} is missing`]
      const found = namesIn(readFileSync(path, "utf8")).filter((name) => name.includes(test))
      return found.length === 1 ? [] : [`${file}: ${found.length} tests "${test}"`]
    })
    assert.deepStrictEqual(Array.from(new Set(problems)), [])
  })

  it("finds tests however they are written", () => {
    const source = `
      it('a', () => {})
      describe('b', () => {
        it.each([1])('c', () => {})
        test.skip("d", () => {})
        it.each\`x\`('e', () => {})
        item("f")
        // it("g")
      })`
    assert.deepStrictEqual(linesOfTests(source), [2, 4, 5, 6])
  })

  it("takes none for done that did not run and pass, in each project", () => {
    const run = (...outcomes: ReadonlyArray<string>) => ({
      name: "/somewhere/test/a.test.ts",
      assertionResults: outcomes.map((status, at) => ({ fullName: `all ${at} of them`, status }))
    })
    const problems = (...runs: ReadonlyArray<ReturnType<typeof run>>) =>
      problemsIn({ testResults: runs }, [{ file: "test/a.test.ts", test: "of them" }]).length
    assert.strictEqual(problems(run("passed"), run("passed", "passed")), 0)
    assert.strictEqual(problems(), 1)
    assert.strictEqual(problems(run()), 1)
    assert.strictEqual(problems(run("passed"), run()), 1)
    assert.strictEqual(problems(run("passed", "failed", "skipped")), 2)
  })
})
