/** A relay of the test's own, people in its room, and commands that join it. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Relay } from "../../src/relay/Relay.ts"
import { join } from "../relay/RelayClient.ts"
import { cli, type Variables } from "./cliProcess.ts"

export const place = (documentId: string, path: ReadonlyArray<unknown>, agoMillis = 0) => ({
  type: "document",
  documentId,
  path,
  lastActiveAt: new Date(Date.now() - agoMillis).toISOString()
})

/** The room of every test: of whoever gives no project and no dataset. */
const room = "/v2022-06-30/socket/production?tag=test"

/** Somebody who announces a session there and answers the roll call of a relay. */
export const person = Effect.fnUntraced(function* (
  user: string,
  locations: ReadonlyArray<unknown>,
  session = `session-of-${user}`
) {
  const { url } = yield* Relay
  const client = yield* join(url, user, room)
  yield* client.announce(session, locations)
  return client
})

/** The variables of a command in that room. */
export const inRoom = Effect.map(Relay, ({ url }): Variables => ({ SANITY_API_HOST: url }))

/** Runs a command in that room to its end. */
export const ran = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
  return yield* (yield* cli(yield* inRoom, ...args)).ended
})

/** What is said on stderr beside what was assumed about the token. */
export const complaints = (stderr: string): string =>
  stderr.replace(/^sanity-presence: No token is given: joining as p-\S+, [^\n]*\n/, "")

/** One line, with an exit code. */
export const assertComplains = (
  { code, stderr }: { readonly code: number | null; readonly stderr: string },
  expected: { readonly code: number; readonly says: RegExp }
) => {
  assert.match(complaints(stderr), /^sanity-presence: [^\n]+\n$/)
  assert.match(stderr, expected.says)
  assert.strictEqual(code, expected.code)
}
