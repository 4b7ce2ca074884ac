import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { Relay } from "../../src/relay/Relay.ts"
import { RelayAuth } from "../../src/relay/RelayAuth.ts"
import { cli, cliOnTerminal, isTerminalMissing } from "./cliProcess.ts"
import { join } from "../relay/RelayClient.ts"
import { complaints, inRoom } from "./inRoom.ts"

describe("sanity-presence simulate", () => {
  it.live("fills the room with people who act, and sums it up when it is stopped", () =>
    Effect.gen(function* () {
      const { url } = yield* Relay
      const onlooker = yield* join(url, "p-onlooker")
      const args = ["--users", "6", "--documents", "2", "--rate", "20", "--seed", "7"]
      const simulate = yield* cli(yield* inRoom, "simulate", ...args)
      const users = new Set<string>()
      for (let states = 0; states < 60 || users.size < 2;) {
        const event = yield* onlooker.next
        if (event.type !== "state") continue
        states += 1
        users.add(event.i)
      }
      assert.match([...users][0] ?? "", /^p-person-\d$/)
      simulate.kill("SIGINT")
      const { code, stdout } = yield* simulate.ended
      assert.strictEqual(code, 0)
      const [, focus = "0", type = "0"] = /focus (\d+) · type (\d+)/.exec(stdout) ?? []
      assert.isAbove(Number(focus) + Number(type), 40)
      assert.match(stdout, /an onlooker saw \d+ changes/)
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live.skipIf(isTerminalMissing)("says on a terminal how many are there, and who is away", () =>
    Effect.gen(function* () {
      const args = ["--users", "3", "--rate", ".5", "--seed", "7", "--duration", "5"]
      const size = { columns: 80, rows: 24 }
      const simulate = yield* cliOnTerminal(size, yield* inRoom, "simulate", ...args)
      yield* simulate.printed(/\d s · 3 of 3 connected, 0 away · focus/)
      const { code, stdout } = yield* simulate.ended
      assert.strictEqual(code, 0)
      // The line is gone; what is left is the summary.
      assert.include(stdout, "\r\u001B[K3 users, 5 s, ")
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("says which seed it took, and that one token makes one user", () =>
    Effect.gen(function* () {
      const variables = { ...(yield* inRoom), SANITY_AUTH_TOKEN: "p-ada" }
      const args = ["--users", "2", "--duration", "1"]
      const { code, stderr, stdout } = yield* (yield* cli(variables, "simulate", ...args)).ended
      assert.strictEqual(code, 0)
      assert.match(stdout, /^2 users, \d s, seed \d+\n/)
      assert.include(complaints(stderr), "they are sessions of one user")
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("goes on where the relay is started anew", () =>
    Effect.gen(function* () {
      const start = (port: number) =>
        Layer.build(
          Relay.layer({ port, drainTime: "100 millis" }).pipe(
            Layer.provide(RelayAuth.layerDevelopment)
          )
        ).pipe(Effect.map((context) => Context.get(context, Relay)))
      const someone = Effect.fnUntraced(function* (url: string) {
        const onlooker = yield* join(url, "p-onlooker")
        while ((yield* onlooker.next).type !== "state") continue
      })
      const before = yield* Scope.make()
      const { address, url } = yield* Scope.provide(start(0), before)
      const args = ["--users", "3", "--rate", "20"]
      const simulate = yield* cli({ SANITY_API_HOST: url }, "simulate", ...args)
      yield* someone(url)
      yield* Scope.close(before, Exit.void)
      yield* start(address.port)
      yield* someone(url)
      simulate.kill("SIGINT")
      const { code, stderr, stdout } = yield* simulate.ended
      assert.strictEqual(code, 0)
      assert.match(stdout, /^3 users, /)
      assert.notInclude(`${stdout}${complaints(stderr)}`, "refused")
    }).pipe(Effect.scoped)
  )
})
