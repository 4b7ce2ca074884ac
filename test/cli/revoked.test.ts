import { writeFileSync } from "node:fs"
import { join as joinPath } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { directory } from "../support/directory.ts"
import { revocable } from "./revocable.ts"

describe("a command whose token is revoked", () => {
  it.live("[T3] simulate says why everyone had to go, sums up what was, and ends with 3", () =>
    Effect.gen(function* () {
      const { revoke, run, seen } = yield* revocable
      const simulate = yield* run("simulate", "--users", "2", "--rate", "20")
      yield* seen
      yield* revoke
      const { code, stderr, stdout } = yield* simulate.ended
      assert.match(stderr, /sanity-presence: Nobody is left\. The token was refused[^\n]+\n$/)
      assert.match(stdout, /^2 users, .*2 were refused\n$/s)
      assert.strictEqual(code, 3)
    }).pipe(Effect.scoped)
  )

  it.live("[T3] [T9] watch says so in a last line, and ends with 3", () =>
    Effect.gen(function* () {
      const { revoke, run } = yield* revocable
      const watch = yield* run("watch", "--json")
      yield* watch.printed(/"status":"connected"/)
      yield* revoke
      const { code, stderr, stdout } = yield* watch.ended
      const last: unknown = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")
      assert.containSubset(last, { type: "status", status: "unauthorized" })
      assert.match(JSON.stringify(last), /"reason":"\w/)
      assert.match(stderr, /^sanity-presence: The token was refused[^\n]+\n$/)
      assert.strictEqual(code, 3)
    }).pipe(Effect.scoped)
  )

  it.live("[T2] [T3] announce says so once, and ends with 3", () =>
    Effect.gen(function* () {
      const { revoke, run } = yield* revocable
      const announce = yield* run("announce", "--document", "book")
      yield* announce.printed(/Present in/)
      yield* revoke
      const { code, stderr } = yield* announce.ended
      assert.match(stderr, /^sanity-presence: The token was refused[^\n]+\n$/)
      assert.strictEqual(code, 3)
    }).pipe(Effect.scoped)
  )

  it.live("[T1] [T2] announce says once that nobody sees it, and lets its command end", () =>
    Effect.gen(function* () {
      const { revoke, run } = yield* revocable
      const path = joinPath(yield* directory, "end")
      const program = `console.log('running'); const { existsSync } = require('fs'); setInterval(() => existsSync('${path}') && process.exit(), 50)`
      const command = [process.execPath, "-e", program]
      const announce = yield* run("announce", "--document", "book", "--", ...command)
      yield* announce.printed(/running/)
      yield* revoke
      yield* announce.complained(/refused[^\n]+\n/)
      writeFileSync(path, "")
      const { code, stderr } = yield* announce.ended
      assert.match(stderr, /^sanity-presence: The token was refused[^\n]+\n$/)
      assert.strictEqual(code, 0)
    }).pipe(Effect.scoped)
  )
})
