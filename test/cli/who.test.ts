import { spawnSync } from "node:child_process"
import { existsSync, writeFileSync } from "node:fs"
import { join as joinPath } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Relay } from "../../src/relay/Relay.ts"
import { directory } from "../support/directory.ts"
import { cli, cliInto } from "./cliProcess.ts"
import { assertComplains, complaints, inRoom, person, place, ran } from "./inRoom.ts"

const minute = 60_000

/** What a terminal would do something about. */
const obeyed = ["\u001B", "\u0007", "\u202E"]

const members = Effect.all([
  person("p-ada-lovelace", [
    place("drafts.book", ["title"]),
    place("drafts.book", ["body", { _key: "a1" }, "children", 0])
  ]),
  person("p-bob", [place("page", [], 12 * minute)]),
  person("p-cyd", [])
])

describe("sanity-presence who", () => {
  it.live("[T2] prints users with names, documents, fields, and when they were last active", () =>
    Effect.gen(function* () {
      yield* members
      const { code, stderr, stdout } = yield* ran("who")
      const lines = stdout.trimEnd().split("\n")
      assert.match(lines[0] ?? "", /^USER +DOCUMENT +FIELD +LAST ACTIVE$/)
      assert.match(lines[1] ?? "", /^Ada Lovelace +drafts\.book +title$/)
      assert.match(lines[2] ?? "", /^ +drafts\.book +body\[_key=="a1"\]\.children\[0\]$/)
      assert.match(lines[3] ?? "", /^Bob +page +\d\d:\d\d \(12 min ago\)$/)
      assert.match(lines[4] ?? "", /^Cyd +–$/)
      assert.strictEqual(lines[5], "3 people, 3 sessions")
      assert.strictEqual(code, 0)
      assert.strictEqual(complaints(stderr), "")
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("--json prints one array of people, whom nobody has to ask for names", () =>
    Effect.gen(function* () {
      yield* members
      const { stdout } = yield* ran("who", "--json")
      const people: ReadonlyArray<Record<string, unknown>> = JSON.parse(stdout)
      assert.deepStrictEqual(
        people.map(({ displayName, userId }) => [userId, displayName]),
        [
          ["p-ada-lovelace", "Ada Lovelace"],
          ["p-bob", "Bob"],
          ["p-cyd", "Cyd"]
        ]
      )
      const [ada, bob] = people.map(({ sessions }) => JSON.stringify(sessions))
      assert.match(
        ada ?? "",
        /"lastActiveAt":"\d{4}-[^"]+","locations":\[\{"documentId":"drafts\.book"/
      )
      assert.include(ada, String.raw`"path":"body[_key==\"a1\"].children[0]"`)
      assert.match(bob ?? "", /"lastActiveAt":"\d{4}-/)
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("[T1] shows nobody itself, and says so where nobody else is there", () =>
    Effect.gen(function* () {
      const watcher = yield* person("p-ada", [])
      yield* watcher.disconnect("session-of-p-ada")
      yield* watcher.rest
      const { code, stdout } = yield* ran("who")
      assert.strictEqual(stdout, "Nobody is here.\n")
      assert.strictEqual(code, 0)
      assert.notInclude(JSON.stringify(yield* watcher.rest), '"state"')
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("[T4] shows what others say, and does nothing that it says to a terminal", () =>
    Effect.gen(function* () {
      yield* person("p-eve", [place("\u001B[2Jdoc\u0007", ["\u202Etitle"])])
      const { stdout } = yield* ran("who")
      for (const character of obeyed) assert.notInclude(stdout, character)
      assert.include(stdout, "�[2Jdoc� ")
      const json = (yield* ran("who", "--json")).stdout
      for (const character of obeyed) assert.notInclude(json, character)
      assert.include(json, String.raw`\u001b[2Jdoc\u0007`)
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("tells of every session of a user who has fifteen", () =>
    Effect.gen(function* () {
      const many = yield* person("p-bot", [place("doc-0", [])], "session-0")
      for (let index = 1; index < 15; index++) {
        yield* many.announce(`session-${index}`, [place(`doc-${index}`, [])])
      }
      const { stdout } = yield* ran("who")
      assert.include(stdout, "1 person, 15 sessions")
      assert.include(stdout, "doc-14")
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )
})

describe("a command that joins a room", () => {
  it.live.each([
    [["who", "--jsn"], "--jsn"],
    [["who", "--timeout", "soon"], "--timeout"],
    [["who", "--api-host", "localhost:4000"], "https://"],
    [
      ["who", "--api-host", "https://ann:word@sanity.example"],
      "//…@sanity.example.*without a user"
    ],
    [["who", "--project", "a b", "--api-host", "http://127.0.0.1:1"], "letters, digits and dashes"],
    [
      ["who", "--project", "abc123", "--canvas", "c1", "--api-host", "http://127.0.0.1:1"],
      "canvas"
    ],
    [["whoo"], String.raw`whoo" for "sanity-presence"\. Did you mean who\?`],
    [["who", "--jsom"], String.raw`who\. Did you mean --json\?`],
    [["who", "--api-host", "http://127.0.0.1:1", "--token-file", "/"], "/ is no file"],
    [["who", "--token-file", ""], "--token-file.*Expected a path"],
    [["relay", "--auth", "tokens", "--tokens-file", " "], "--tokens-file.*Expected a path"],
    [["announce"], "--document"],
    [["announce", "--document", "a b"], "is no document"],
    [["announce", "--document", `sk${"aB3".repeat(30)}`], "looks like a token"],
    [["announce", "--document", "book", "--path", "a..b"], "is no path"],
    [["announce", "--document", "a", "--document", "b", "--path", "title"], "one document"],
    [["simulate", "--users", "0"], "--users.*1 to 2000"],
    [["simulate", "--rate", "-1"], "--rate"]
  ] as const)("[T3] with wrong flags, %j, says so in one line, exit code 2", ([args, says]) =>
    Effect.gen(function* () {
      const { ended } = yield* cli({}, ...args)
      const result = yield* ended
      assert.strictEqual(result.stdout, "")
      assertComplains(result, { code: 2, says: new RegExp(says) })
    })
  )

  it.live.each([
    [{ SANITY_PROJECT_ID: "abc123" }, "--dataset"],
    [{ SANITY_PROJECT_ID: "abc123", SANITY_DATASET: "production" }, "SANITY_AUTH_TOKEN"],
    [{ SANITY_PROJECT_ID: "a_b!", SANITY_DATASET: "d", SANITY_AUTH_TOKEN: "t" }, "project"]
  ] as const)("of Sanity, without what it needs, %j, names that", ([variables, says]) =>
    Effect.gen(function* () {
      const result = yield* (yield* cli(variables, "who")).ended
      assertComplains(result, { code: 2, says: new RegExp(says) })
    })
  )

  it.live.each(["who", "watch", "announce --document a", "simulate --users 1", "doctor"])(
    "[T3] %s, where nobody listens, says so in one line, exit code 1",
    (command) =>
      Effect.gen(function* () {
        const variables = { SANITY_API_HOST: "http://127.0.0.1:1" }
        const started = yield* cli(variables, ...command.split(" "), "--timeout", "1")
        const result = yield* started.ended
        assertComplains(result, { code: 1, says: /127\.0\.0\.1/ })
        assert.notInclude(result.stderr, "tried again")
      })
  )

  it.live.each(["who", "watch", "announce --document a", "simulate --users 1", "doctor"])(
    "[T3] [T5] %s, whose token is refused, says so, exit code 3, and shows the token to nobody",
    (command) =>
      Effect.gen(function* () {
        const token = `sk${"secret".repeat(10)}`
        const variables = { ...(yield* inRoom), SANITY_AUTH_TOKEN: token }
        const started = yield* cli(variables, ...command.split(" "), "--log-level", "trace")
        const result = yield* started.ended
        assert.strictEqual(result.code, 3)
        assert.match(result.stderr, /sanity-presence: [^\n]+token[^\n]+\n$/i)
        assert.notInclude(result.stdout + result.stderr, token)
      }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("without any project joins the relay of this machine, and says so", () =>
    Effect.gen(function* () {
      const result = yield* (yield* cli({}, "who", "--timeout", "1")).ended
      assert.match(result.stderr, /No project is given: .*127\.0\.0\.1:4000.*SANITY_PROJECT_ID/)
    })
  )

  it.live("[O1] with --log-level trace shows every frame on stderr", () =>
    Effect.gen(function* () {
      const { stderr, stdout } = yield* ran("who", "--log-level", "trace")
      assert.strictEqual(stdout, "Nobody is here.\n")
      for (const method of ["authorization", "presence_subscribe", "presence_rollcall"]) {
        assert.include(stderr, `"method":"${method}"`)
      }
    }).pipe(Effect.provide(Relay.layerTest))
  )

  it.live("[T5] is who the file of the flag says, whatever the variables say", () =>
    Effect.gen(function* () {
      const path = joinPath(yield* directory, "token")
      writeFileSync(path, "p-ada-lovelace\n")
      const variables = {
        ...(yield* inRoom),
        SANITY_AUTH_TOKEN: "p-bob",
        SANITY_AUTH_TOKEN_FILE: "/nowhere/token"
      }
      const flags = ["announce", "--document", "a", "--token-file", path]
      const others = yield* person("p-watcher", [])
      yield* cli(variables, ...flags)
      let event = yield* others.next
      while (event.type !== "state" || event.i === "p-watcher") event = yield* others.next
      assert.strictEqual(event.i, "p-ada-lovelace")
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("[T5] is let in with the token in a file, where the relay asks for one", () =>
    Effect.gen(function* () {
      const folder = yield* directory
      const [file, tokens] = [joinPath(folder, "token"), joinPath(folder, "tokens.json")]
      writeFileSync(file, "the-token-of-ada\n")
      const entry = { token: "the-token-of-ada", user: "p-ada" }
      writeFileSync(tokens, JSON.stringify({ tokens: [entry] }), { mode: 0o600 })
      const auth = ["--auth", "tokens", "--tokens-file", tokens]
      const relay = yield* cli({}, "relay", "--port", "0", ...auth)
      const variables = { SANITY_API_HOST: yield* relay.url, SANITY_AUTH_TOKEN_FILE: file }
      const { code, stdout } = yield* (yield* cli(variables, "who")).ended
      assert.strictEqual(stdout, "Nobody is here.\n")
      assert.strictEqual(code, 0)
    }).pipe(Effect.scoped)
  )

  it.live("[T3] [T5] whose file with the token is not there names it", () =>
    Effect.gen(function* () {
      const started = yield* cli(yield* inRoom, "who", "--token-file", "/nowhere/token")
      assertComplains(yield* started.ended, {
        code: 2,
        says: /--token-file cannot be read: there is no \/nowhere\/token\./
      })
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  const pasted = `sk${"aB3".repeat(30)}`
  for (const args of [
    [pasted],
    ["who", pasted],
    ["who", "--project", `${pasted}!`],
    ["relay", "--auth", pasted]
  ]) {
    const place = args.slice(0, -1).join(" ")
    it.live(`[T5] does not repeat a token that was pasted in a wrong place, after '${place}'`, () =>
      Effect.gen(function* () {
        const result = yield* (yield* cli({}, ...args)).ended
        assertComplains(result, { code: 2, says: /…/ })
        assert.notInclude(result.stdout + result.stderr, "aB3aB3")
      })
    )
  }

  it.live.each(["SANITY_API_HOST", "SANITY_SOCKET_HOST"])(
    "[T5] warns where the token of %s goes over the network in clear",
    (host) =>
      Effect.gen(function* () {
        const local = { SANITY_API_HOST: "http://127.0.0.1:1", SANITY_AUTH_TOKEN: "t" }
        const inClear = { ...local, [host]: "http://no-such-host.invalid" }
        const warned = yield* (yield* cli(inClear, "who", "--timeout", "0.1")).ended
        assert.match(warned.stderr, /goes to http:\/\/no-such-host.invalid without TLS/)
        const encrypted = { ...local, [host]: "https://no-such-host.invalid" }
        for (const fine of [local, encrypted]) {
          const { stderr } = yield* (yield* cli(fine, "who", "--timeout", "0.1")).ended
          assert.notInclude(stderr, "without TLS")
        }
      })
  )

  it.live("[T3] [T5] with a token in a variable and a file in another does not guess", () =>
    Effect.gen(function* () {
      const variables = { SANITY_AUTH_TOKEN: "t", SANITY_AUTH_TOKEN_FILE: "/nowhere/token" }
      const started = yield* cli({ ...(yield* inRoom), ...variables }, "who")
      assertComplains(yield* started.ended, {
        code: 2,
        says: /both SANITY_AUTH_TOKEN and SANITY_AUTH_TOKEN_FILE/
      })
    }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
  )

  it.live("[T5] gives no token of the variables to whatever listens on this machine", () =>
    Effect.gen(function* () {
      const variables = { SANITY_AUTH_TOKEN: "t", SANITY_AUTH_TOKEN_FILE: "/nowhere/token" }
      const { stderr } = yield* (yield* cli(variables, "who", "--timeout", "1")).ended
      assert.match(stderr, /this is the relay of this machine, .* as p-/)
      // It is not even read.
      assert.notInclude(stderr, "/nowhere")
      const flag = yield* cli({}, "who", "--token-file", "/nowhere/token")
      assert.match((yield* flag.ended).stderr, /\/nowhere\/token/)
    })
  )

  it.live("[T3] is interrupted before it is done: 130", () =>
    Effect.gen(function* () {
      const started = yield* cli({ SANITY_API_HOST: "http://127.0.0.1:1" }, "who")
      yield* started.complained(/No token is given/)
      started.kill("SIGINT")
      const { code, stdout } = yield* started.ended
      assert.strictEqual(code, 130)
      assert.strictEqual(stdout, "")
    })
  )

  it.live("--help of every command shows what it takes, with examples, on stdout", () =>
    Effect.gen(function* () {
      for (const command of ["who", "watch", "announce", "simulate", "doctor", "relay"]) {
        const { code, stdout } = yield* (yield* cli({}, command, "--help")).ended
        assert.strictEqual(code, 0)
        for (const part of ["USAGE", "FLAGS", "EXAMPLES"]) assert.include(stdout, part)
      }
    })
  )

  it.live.each(["bash", "zsh", "fish"])("--completions %s prints a script for the shell", (shell) =>
    Effect.gen(function* () {
      const { code, stdout } = yield* (yield* cli({}, "--completions", shell)).ended
      assert.strictEqual(code, 0)
      for (const command of ["who", "watch", "announce", "simulate", "doctor"]) {
        assert.include(stdout, command)
      }
    })
  )
})

describe("completions for bash", () => {
  it.live.each([
    ["relay --auth dev", "development"],
    ["relay --roll-call ", "table forward"],
    ["who --token-file to", "token"],
    ["relay --tokens-file to", "token"]
  ] as const)("[T10] complete %s to %s", ([words, expected]) =>
    Effect.gen(function* () {
      const folder = yield* directory
      writeFileSync(joinPath(folder, "token"), "")
      const { stdout: script } = yield* (yield* cli({}, "--completions", "bash")).ended
      const line = ["sanity-presence", ...words.split(" ")]
      const complete = `${script}
        COMP_WORDS=(${line.map((word) => `'${word}'`).join(" ")}) COMP_CWORD=${line.length - 1}
        COMP_LINE='${line.join(" ")}'
        _sanity_presence sanity-presence '${line.at(-1) ?? ""}' '${line.at(-2) ?? ""}'
        printf '%s\\n' "\${COMPREPLY[@]}"`
      const { stdout } = spawnSync("bash", ["--norc", "-c", complete], { cwd: folder })
      assert.deepStrictEqual(String(stdout).trim().split("\n"), expected.split(" "))
    }).pipe(Effect.scoped)
  )
})

describe.skipIf(!existsSync("/dev/full"))(
  "a command whose output is on a disk that is full",
  () => {
    it.live.each(["--help", "who --help", "--version", "--completions bash", "who"])(
      "[T3] %s says so, exit code 1",
      (args) =>
        Effect.gen(function* () {
          const result = yield* (yield* cliInto("/dev/full", yield* inRoom, ...args.split(" ")))
            .ended
          assertComplains(result, {
            code: 1,
            says: /The output cannot be written: .*no space left/
          })
        }).pipe(Effect.scoped, Effect.provide(Relay.layerTest))
    )
  }
)
