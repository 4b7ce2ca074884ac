import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Relay } from "../../src/relay/Relay.ts"
import { RelayAuth } from "../../src/relay/RelayAuth.ts"
import { join } from "../relay/RelayClient.ts"
import { listen, urlOf } from "../support/listen.ts"
import { cli } from "./cliProcess.ts"
import { assertComplains, inRoom, person, place, ran } from "./inRoom.ts"

const commands = ["who", "watch", "announce --document a", "simulate --users 2", "doctor"]

describe("the project that a command is given, at a relay", () => {
  it.live.each(commands)("[T12] [T3] %s refuses one that the relay takes it not for", (command) =>
    Effect.gen(function* () {
      const { url } = yield* Relay
      const others = yield* join(url, "p-watcher")
      const result = yield* ran(...command.split(" "), "--project", "staging")
      assertComplains(result, {
        code: 2,
        says: /takes this for the project demo, not staging/
      })
      assert.notInclude(JSON.stringify(yield* others.rest), '"state"')
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("[T12] is that of the relay where it says so, in capitals or not", () =>
    Effect.gen(function* () {
      yield* person("p-ada-lovelace", [place("drafts.book", ["title"])])
      const variables = { ...(yield* inRoom), SANITY_PROJECT_ID: "abc" }
      const { code, stdout } = yield* (yield* cli(variables, "who")).ended
      assert.include(stdout, "Ada Lovelace")
      assert.strictEqual(code, 0)
    }).pipe(
      Effect.scoped,
      Effect.provide(
        Relay.layer({ port: 0, project: "ABC" }).pipe(Layer.provide(RelayAuth.layerDevelopment))
      )
    )
  )

  it.live("[T12] is asked of the host of the socket, which is the relay", () =>
    Effect.gen(function* () {
      const { url } = yield* Relay
      const variables = {
        SANITY_SOCKET_HOST: url,
        SANITY_PROJECT_ID: "staging",
        SANITY_DATASET: "production",
        SANITY_AUTH_TOKEN: "p-ada"
      }
      const result = yield* (yield* cli(variables, "who")).ended
      assertComplains(result, { code: 2, says: /takes this for the project demo, not staging/ })
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("[T12] none is named where none was given", () =>
    Effect.gen(function* () {
      const { stdout } = yield* ran("doctor")
      assert.match(stdout, /✓ settings .* production on http:\/\/127/)
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live.each([
    ["announce --document book -- echo deployed", "SIGINT", 130],
    ["announce --document book", "SIGTERM", 143],
    ["simulate", "SIGINT", 130]
  ] as const)(
    "[T3] %s, stopped by %s before the relay has said its project, did not do what was asked for",
    ([command, signal, expected]) =>
      Effect.gen(function* () {
        const asked = yield* Deferred.make<void>()
        const address = yield* listen(createServer(() => Deferred.doneUnsafe(asked, Effect.void)))
        const variables = { SANITY_API_HOST: urlOf(address), SANITY_PROJECT_ID: "abc" }
        const started = yield* cli(variables, ...command.split(" "))
        yield* Deferred.await(asked)
        started.kill(signal)
        const { code, stdout } = yield* started.ended
        assert.strictEqual(code, expected)
        assert.strictEqual(stdout, "")
      }).pipe(Effect.scoped)
  )

  it.live("[T3] a host that never answers is no connection", () =>
    Effect.gen(function* () {
      const address = yield* listen(createServer(() => {}))
      const variables = { SANITY_API_HOST: urlOf(address), SANITY_PROJECT_ID: "abc" }
      const result = yield* (yield* cli(variables, "who", "--timeout", "1")).ended
      assertComplains(result, { code: 1, says: /No connection within 1 s/ })
    }).pipe(Effect.scoped)
  )
})
