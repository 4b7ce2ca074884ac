import { assert, it } from "@effect/vitest"
import { linesWithToken } from "../support/unseen.ts"

it("[O1] a run that prints a token fails: the lines are found", () => {
  // Not as it stands here: this file must not be found itself, should it fail.
  const token = ["unseen", "t1"].join("-")
  assert.deepStrictEqual(linesWithToken(`one\nBearer ${token} two\nthree`), [`Bearer ${token} two`])
  assert.deepStrictEqual(linesWithToken("no token\n"), [])
})
