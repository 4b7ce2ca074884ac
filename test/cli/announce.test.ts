import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Relay } from "../../src/relay/Relay.ts"
import { RelayAuth } from "../../src/relay/RelayAuth.ts"
import { join } from "../relay/RelayClient.ts"
import { cli, cliOnTerminal, isTerminalMissing } from "./cliProcess.ts"
import { complaints, inRoom } from "./inRoom.ts"

const watcher = Effect.flatMap(Relay, ({ url }) => join(url, "p-watcher"))

/** Present in a document for as long as a program of Node runs. */
const whileRunning = (program: string) =>
  Effect.flatMap(inRoom, (room) =>
    cli(room, "announce", "--document", "book", "--", process.execPath, "-e", program)
  )

describe("sanity-presence announce", () => {
  it.live("[T1] is in the field until it is stopped, and then gone at once", () =>
    Effect.gen(function* () {
      const others = yield* watcher
      const announce = yield* cli(
        yield* inRoom,
        "announce",
        "--document",
        "book",
        "--path",
        'body[_key=="a1"].text'
      )
      const line = yield* announce.printed(/.*\n/)
      assert.include(line, 'Present in drafts.book body[_key=="a1"].text')
      let event = yield* others.next
      while (event.type !== "state") event = yield* others.next
      const [location] = event.m.locations
      assert.deepInclude(location, {
        documentId: "drafts.book",
        path: ["body", { _key: "a1" }, "text"]
      })
      const start = performance.now()
      announce.kill("SIGTERM")
      const { code, stderr } = yield* announce.ended
      assert.strictEqual(code, 0)
      assert.strictEqual(complaints(stderr), "")
      assert.strictEqual((yield* others.next).type, "disconnect")
      assert.isBelow(performance.now() - start, 30_000)
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live.skipIf(isTerminalMissing)("[T1] is gone at once when its terminal is closed", () =>
    Effect.gen(function* () {
      const others = yield* watcher
      const size = { columns: 80, rows: 24 }
      const announce = yield* cliOnTerminal(size, yield* inRoom, "announce", "--document", "book")
      while ((yield* others.next).type !== "state") continue
      const start = performance.now()
      announce.kill("SIGKILL")
      assert.strictEqual((yield* others.next).type, "disconnect")
      // It says goodbye: the relay would keep who is only cut off for longer.
      assert.isBelow(performance.now() - start, 60_000)
    }).pipe(
      Effect.scoped,
      Effect.provide(
        Relay.layer({ port: 0, returnGrace: "100 seconds" }).pipe(
          Layer.provide(RelayAuth.layerDevelopment)
        )
      )
    )
  )

  it.live("several documents, in the versions that their ids and the perspective name", () =>
    Effect.gen(function* () {
      const others = yield* watcher
      yield* cli(
        yield* inRoom,
        "announce",
        "--document",
        "versions.summer.book",
        "--document",
        "page"
      )
      let event = yield* others.next
      while (event.type !== "state") event = yield* others.next
      assert.deepStrictEqual(
        event.m.locations.map(
          (location) => JSON.stringify(location).match(/"documentId":"([^"]+)/)?.[1]
        ),
        ["versions.summer.book", "drafts.page"]
      )
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("[T1] [T3] with a command lasts as long as that, and ends with its exit code", () =>
    Effect.gen(function* () {
      const others = yield* watcher
      const announce = yield* whileRunning(
        "setTimeout(() => { console.log('done'); process.exit(7) }, 500)"
      )
      const { code, stdout } = yield* announce.ended
      assert.strictEqual(code, 7)
      assert.strictEqual(stdout, "done\n")
      const events = [yield* others.next]
      while (events.at(-1)?.type !== "disconnect") events.push(yield* others.next)
      assert.deepStrictEqual(
        events.map(({ type }) => type).filter((type) => type !== "rollCall"),
        ["state", "disconnect"]
      )
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("[T3] with a command that a signal ends says so, as shells do", () =>
    Effect.gen(function* () {
      const announce = yield* whileRunning("process.kill(process.pid, 'SIGKILL')")
      const { code, stderr } = yield* announce.ended
      assert.strictEqual(code, 137)
      assert.include(stderr, "ended with 137")
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live.each([
    ["SIGTERM", 143],
    ["SIGINT", 130]
  ] as const)(
    "[T3] stopped by %s while its command runs asks that to end, and did not do what was asked for",
    ([signal, expected]) =>
      Effect.gen(function* () {
        const announce = yield* whileRunning(
          "process.on('SIGTERM', () => { console.log('asked to end'); process.exit(0) }); setInterval(() => {}, 1000); console.log('running')"
        )
        yield* announce.printed(/running/)
        announce.kill(signal)
        const { code, stdout } = yield* announce.ended
        assert.strictEqual(code, expected)
        assert.include(stdout, "asked to end")
      }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("[T3] stopped before it is there has not done what was asked for", () =>
    Effect.gen(function* () {
      const room = { SANITY_API_HOST: "http://127.0.0.1:1" }
      const announce = yield* cli(room, "announce", "--document", "book")
      yield* announce.complained(/No token is given/)
      announce.kill("SIGTERM")
      const { code, stdout } = yield* announce.ended
      assert.strictEqual(stdout, "")
      assert.strictEqual(code, 143)
    }).pipe(Effect.scoped)
  )

  it.live.each([
    ["no-such-command", "that is not there", 127],
    ["/", "that can't be run", 126]
  ] as const)("[T3] with %s, a command %s, says so as shells do", ([command, , expected]) =>
    Effect.gen(function* () {
      const announce = yield* cli(yield* inRoom, "announce", "--document", "book", "--", command)
      const { code, stderr } = yield* announce.ended
      assert.strictEqual(code, expected)
      assert.include(stderr, `${command} cannot be run`)
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )
})
