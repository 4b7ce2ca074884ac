/** Where compiled code is kept: never where another user of the machine could have put it. */
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { compileCache } from "../../../src/cli/compileCache.ts"
import { packageVersion } from "../../../src/relay/PackageVersion.ts"

const uid = process.getuid?.()
const main = join(import.meta.dirname, "../../../src/cli/main.ts")

/** A home of one's own, gone after the test. */
const inHome = (test: (home: string) => void) => (): void => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "home-")))
  try {
    test(home)
  } finally {
    rmSync(home, { recursive: true })
  }
}

const folderIn = (caches: string): string => join(caches, "effect-sanity-presence")

describe.skipIf(uid === undefined)("the cache of compiled code", () => {
  it(
    "[T8] is in a folder of the user's own, and not in the one that all users share",
    inHome((home) => {
      const shared = join(home, "tmp")
      mkdirSync(shared)
      const { status } = spawnSync(process.execPath, [main, "--version"], {
        env: { PATH: process.env["PATH"], HOME: home, TMPDIR: shared }
      })
      assert.strictEqual(status, 0)
      assert.isEmpty(readdirSync(shared))
      const folder = folderIn(join(home, ".cache"))
      assert.strictEqual(lstatSync(folder).mode & 0o777, 0o700)
      assert.isNotEmpty(readdirSync(folder))
    })
  )

  it(
    "[T8] follows XDG_CACHE_HOME, unless that is relative",
    inHome((home) => {
      const caches = join(home, "caches")
      assert.strictEqual(
        compileCache({ home: () => home, env: { XDG_CACHE_HOME: caches }, uid }),
        folderIn(caches)
      )
      assert.strictEqual(
        compileCache({ home: () => home, env: { XDG_CACHE_HOME: "caches" }, uid }),
        folderIn(join(home, ".cache"))
      )
    })
  )

  it(
    "[T8] is none where others may read or write its folder, or one on the way to it",
    inHome((home) => {
      const env = {}
      const folder = folderIn(join(home, ".cache"))
      for (const mode of [0o770, 0o750, 0o701, 0o777]) {
        mkdirSync(folder, { recursive: true })
        chmodSync(folder, mode)
        assert.isUndefined(compileCache({ home: () => home, env, uid }), mode.toString(8))
        rmSync(join(home, ".cache"), { recursive: true })
      }
      chmodSync(home, 0o777)
      assert.isUndefined(compileCache({ home: () => home, env, uid }))
      assert.isFalse(existsSync(folder))
    })
  )

  it(
    "[T8] is none in a folder of somebody else's",
    inHome((home) => {
      const stranger = (uid ?? 0) + 1
      mkdirSync(folderIn(join(home, ".cache")), { recursive: true, mode: 0o700 })
      assert.isUndefined(compileCache({ home: () => home, env: {}, uid: stranger }))
    })
  )

  it(
    "[T8] is none behind a link to a folder that others can write to",
    inHome((home) => {
      const open = join(home, "open")
      mkdirSync(open)
      chmodSync(open, 0o777)
      mkdirSync(join(open, "planted"), { mode: 0o700 })
      mkdirSync(join(home, ".cache"))
      symlinkSync(join(open, "planted"), folderIn(join(home, ".cache")))
      assert.isUndefined(compileCache({ home: () => home, env: {}, uid }))
    })
  )

  it("[T8] is none for a user without a home", () => {
    const noHome =
      "import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module'; os.homedir = () => { throw new Error('ENOENT') }; syncBuiltinESMExports()"
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      ["--import", `data:text/javascript,${noHome}`, main, "--version"],
      { encoding: "utf8", env: { PATH: process.env["PATH"] } }
    )
    assert.strictEqual(stderr, "")
    assert.include(stdout, packageVersion)
    assert.strictEqual(status, 0)
  })

  it(
    "[T8] is none where it can't be made",
    inHome((home) => {
      writeFileSync(join(home, ".cache"), "")
      assert.isUndefined(compileCache({ home: () => home, env: {}, uid }))
      assert.isUndefined(compileCache({ home: () => "", env: {}, uid }))
    })
  )
})
