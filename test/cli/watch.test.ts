import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Relay } from "../../src/relay/Relay.ts"
import { cli, cliInShell, cliOnTerminal, isTerminalMissing } from "./cliProcess.ts"
import { assertComplains, complaints, inRoom, person, place, ran } from "./inRoom.ts"

const parse = (stdout: string): ReadonlyArray<Record<string, unknown>> =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))

const relayed = <A, E>(test: Effect.Effect<A, E, Relay | Scope.Scope>) =>
  test.pipe(Effect.scoped, Effect.provide(Relay.layerTest))

describe("sanity-presence watch, piped", () => {
  it.live(
    "[T2] prints who is there, who moves and who goes as lines of JSON, until it is stopped",
    () =>
      relayed(
        Effect.gen(function* () {
          const ada = yield* person("p-ada-lovelace", [place("drafts.book", ["title"])])
          const watch = yield* cli(yield* inRoom, "watch")
          yield* watch.printed(/"type":"joined".*\n/)
          yield* ada.announce("session-of-p-ada-lovelace", [place("drafts.book", ["body"])])
          yield* watch.printed(/"type":"moved".*\n/)
          yield* ada.disconnect("session-of-p-ada-lovelace")
          yield* watch.printed(/"type":"left".*\n/)
          watch.kill("SIGTERM")
          const { code, stderr, stdout } = yield* watch.ended
          assert.strictEqual(code, 0)
          assert.strictEqual(complaints(stderr), "")
          const lines = parse(stdout)
          assert.deepStrictEqual(
            lines
              .filter(({ type }) => type !== "status" && type !== "reset")
              .map(({ type, reason }) => [type, reason]),
            [
              ["joined", undefined],
              ["moved", undefined],
              ["left", "disconnected"]
            ]
          )
          const joined = lines.find(({ type }) => type === "joined")
          assert.strictEqual(joined?.["displayName"], "Ada Lovelace")
          assert.deepInclude(
            lines.map(({ status }) => status),
            "connected"
          )
        })
      )
  )

  it.live("[T2] [T9] tells what became of the connection once, not with every attempt", () =>
    Effect.gen(function* () {
      const watch = yield* cli({ SANITY_API_HOST: "http://127.0.0.1:1" }, "watch", "--timeout", "3")
      const { code, stdout } = yield* watch.ended
      assert.deepStrictEqual(
        parse(stdout).flatMap(({ status }) => (status === undefined ? [] : [status])),
        ["connecting", "reconnecting"]
      )
      assert.strictEqual(code, 1)
    })
  )

  it.live("ends by itself, without a stack, when nobody reads it any more", () =>
    relayed(
      Effect.gen(function* () {
        const ada = yield* person("p-ada", [])
        const watch = yield* cli(yield* inRoom, "watch", "--json")
        yield* watch.printed(/"type":"joined".*\n/)
        watch.stopReading()
        let moves = 0
        const move = Effect.suspend(() =>
          ada.announce("session-of-p-ada", [place("book", [`field-${++moves}`])])
        )
        yield* Effect.forkScoped(Effect.forever(Effect.andThen(move, Effect.sleep("250 millis"))))
        const result = yield* watch.ended
        assertComplains(result, { code: 0, says: /Nobody reads the output any more/ })
      })
    )
  )
})

describe.skipIf(isTerminalMissing)("sanity-presence on a terminal", () => {
  const leavePage = "\u001B[?1049l"

  /** When the table's page was taken (h), and left (l). */
  const pagesOf = (stdout: string): string =>
    stdout
      .split("\u001B[?1049")
      .slice(1)
      .map((page) => page.charAt(0))
      .join("")

  it.live("watch draws a table in place, and q quits and gives the terminal back", () =>
    relayed(
      Effect.gen(function* () {
        const ada = yield* person("p-ada-lovelace", [place("drafts.book", ["title"])])
        const watch = yield* cliOnTerminal({ columns: 80, rows: 24 }, yield* inRoom, "watch")
        yield* watch.printed(/Ada Lovelace +drafts\.book +title/)
        yield* ada.announce("session-of-p-ada-lovelace", [place("drafts.book", ["body"])])
        yield* watch.printed(/Ada Lovelace +drafts\.book +body/)
        watch.type("q")
        const { code, stdout } = yield* watch.ended
        assert.strictEqual(code, 0)
        assert.include(stdout, "\u001B[?1049h")
        assert.isTrue(stdout.trimEnd().endsWith(leavePage), JSON.stringify(stdout.slice(-60)))
        assert.include(stdout, "1 here, 1 session · connected · q quits")
      })
    )
  )

  it.live("[T11] watch gives the terminal back for as long as it is suspended", () =>
    relayed(
      Effect.gen(function* () {
        const watch = yield* cliInShell({ columns: 80, rows: 24 }, yield* inRoom, "watch")
        yield* watch.printed(/Nobody is here/)
        watch.type("\u001A")
        yield* watch.printed(/suspended/)
        yield* person("p-ada-lovelace", [place("drafts.book", ["title"])])
        watch.type("\n")
        yield* watch.printed(/Ada Lovelace +drafts\.book +title/)
        // It still reads single keys, and may be suspended again.
        watch.type("\u001A")
        yield* watch.printed(/suspended[^]*suspended/)
        watch.type("\n")
        yield* watch.printed(/suspended[^]*suspended[^]*Ada Lovelace/)
        watch.type("q")
        const { code, stdout } = yield* watch.ended
        assert.strictEqual(code, 0)
        assert.strictEqual(pagesOf(stdout), "hlhlhl")
      })
    )
  )

  it.live("[T11] watch goes on where no shell could continue it", () =>
    relayed(
      Effect.gen(function* () {
        const watch = yield* cliOnTerminal({ columns: 80, rows: 24 }, yield* inRoom, "watch")
        yield* watch.printed(/Nobody is here/)
        watch.type("\u001A")
        yield* watch.printed(/\?1049l[^]*\?1049h[^]*Nobody is here/)
        watch.type("q")
        const { code, stdout } = yield* watch.ended
        assert.strictEqual(code, 0)
        assert.strictEqual(pagesOf(stdout), "hlhl")
      })
    )
  )

  it.live("watch says how many lines a short terminal has no room for", () =>
    relayed(
      Effect.gen(function* () {
        yield* person(
          "p-ada",
          ["a", "b", "c", "d", "e"].map((field) => place("drafts.book", [field]))
        )
        const watch = yield* cliOnTerminal({ columns: 80, rows: 5 }, yield* inRoom, "watch")
        yield* watch.printed(/drafts\.book +b[^]*… and 3 lines more/)
        watch.type("q")
        const { stdout } = yield* watch.ended
        assert.notMatch(stdout, /drafts\.book +c/)
      })
    )
  )

  it.live("watch quits with Ctrl-C, too", () =>
    relayed(
      Effect.gen(function* () {
        const watch = yield* cliOnTerminal({ columns: 80, rows: 24 }, yield* inRoom, "watch")
        yield* watch.printed(/Nobody is here/)
        watch.type("\u0003")
        const { code, stdout } = yield* watch.ended
        assert.strictEqual(code, 0)
        assert.isTrue(stdout.trimEnd().endsWith(leavePage))
      })
    )
  )

  it.live("[T3] [T5] whoever does not tell a token gets a line of their own, and 130", () =>
    Effect.gen(function* () {
      const room = { SANITY_PROJECT_ID: "abc", SANITY_DATASET: "d" }
      const who = yield* cliOnTerminal({ columns: 80, rows: 24 }, room, "who")
      yield* who.printed(/Token/)
      who.type("sec\u0003")
      const { code, stdout } = yield* who.ended
      assert.strictEqual(code, 130)
      assert.match(stdout, /\n$/)
      assert.notInclude(stdout, "sec")
    })
  )

  it.live("[T4] a narrow one shows names, documents and fields below one another", () =>
    relayed(
      Effect.gen(function* () {
        yield* person("p-ada-lovelace", [place("drafts.a-book-with-a-long-name", ["title"])])
        const who = yield* cliOnTerminal({ columns: 24, rows: 24 }, yield* inRoom, "who")
        const { stdout } = yield* who.ended
        assert.match(stdout, /Ada Lovelace\r\n {2}drafts\.a-book-with-a-…\r\n {4}title\r\n/)
      })
    )
  )

  it.live("[T4] colours are for terminals, and not with NO_COLOR", () =>
    relayed(
      Effect.gen(function* () {
        const room = yield* inRoom
        const size = { columns: 80, rows: 24 }
        const coloured = yield* (yield* cliOnTerminal(size, room, "who")).ended
        const plain = yield* (yield* cliOnTerminal(size, { ...room, NO_COLOR: "1" }, "who")).ended
        const piped = yield* ran("who")
        assert.include(coloured.stdout, "\u001B[")
        assert.notInclude(plain.stdout, "\u001B[")
        assert.notInclude(piped.stdout, "\u001B[")
      })
    )
  )
})
