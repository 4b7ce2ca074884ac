import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as PlatformError from "effect/PlatformError"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { TokensFileAuth, type TokensFileOptions } from "../../../src/relay/auth/TokensFileAuth.ts"
import { type AuthScope, RelayAuth } from "../../../src/relay/RelayAuth.ts"
import { UserId } from "../../../src/Session.ts"

const room: AuthScope = { _tag: "Dataset", project: "abc", dataset: "production" }
const canvas: AuthScope = { _tag: "Canvas", canvas: "c1" }

const adas = "token-of-ada-lovelace"
const bobs = "token-of-bob-a-bot"

/** One file that tests write; reading it is real, unless its version is told. */
interface Auth {
  readonly service: RelayAuth["Service"]
  readonly ask: (
    token: string,
    scope?: AuthScope
  ) => Effect.Effect<string, { readonly reason: string; readonly message: string }>
  readonly write: (...entries: ReadonlyArray<unknown>) => Effect.Effect<void, unknown>
  readonly writeText: (content: string) => Effect.Effect<void, unknown>
  readonly remove: Effect.Effect<void, unknown>
  /** Time passes until the relay says something about the file. */
  readonly noticed: Effect.Effect<void>
  readonly logged: ReadonlyArray<string>
}

const setup = Effect.fnUntraced(function* (
  mode: number,
  entries: ReadonlyArray<unknown>,
  options: TokensFileOptions
) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped()
  const path = `${directory}/tokens.json`
  const logged: Array<string> = []
  const news = yield* Queue.unbounded<void>()
  const logger = Logger.make(({ logLevel, message }) => {
    logged.push(`${logLevel} ${String(message)}`)
    Queue.offerUnsafe(news, undefined)
  })
  const writeText = (content: string) =>
    fs.writeFileString(path, content).pipe(Effect.andThen(fs.chmod(path, mode)))
  const write = (...tokens: ReadonlyArray<unknown>) => writeText(JSON.stringify({ tokens }))
  yield* write(...entries)
  const context = yield* Layer.build(
    TokensFileAuth.layer(path, options).pipe(Layer.provideMerge(Logger.layer([logger])))
  )
  const service = yield* Effect.provide(RelayAuth.use(Effect.succeed), context)
  const auth: Auth = {
    service,
    ask: (token, scope = room) =>
      Effect.map(service.authenticate(Redacted.make(token), scope), ({ id }) => id),
    write,
    writeText,
    remove: fs.remove(path),
    noticed: Effect.raceFirst(Queue.take(news), Effect.forever(passing)),
    logged
  }
  return auth
})

/** Lets time pass for the relay, and the files be read that it reads then. */
const passing = TestClock.adjust("5 seconds").pipe(
  Effect.andThen(Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void))))
)

const withFile = (
  entries: ReadonlyArray<unknown>,
  test: (auth: Auth) => Effect.Effect<void, unknown, Scope.Scope>,
  { mode = 0o600, ...options }: TokensFileOptions & { readonly mode?: number } = {}
) =>
  Effect.flatMap(setup(mode, entries, options), test).pipe(
    Effect.scoped,
    Effect.provide(NodeFileSystem.layer)
  )

const ada = { token: adas, user: "p-ada", displayName: "Ada Lovelace" }
const bob = { token: bobs, user: "p-bob" }

describe("a tokens file lets in", () => {
  it.effect("whose token it lists, by itself or by its hash, and nobody else", () =>
    withFile(
      [
        ada,
        {
          // printf %s token-of-bob-a-bot | sha256sum
          sha256: "47d7681846d6fc733c51d1f25df8446d7227d2c7c2883997a19478e1dff9c8c2",
          user: "p-bob"
        }
      ],
      ({ ask }) =>
        Effect.gen(function* () {
          assert.strictEqual(yield* ask(adas), "p-ada")
          assert.strictEqual(yield* ask(bobs), "p-bob")
          for (const token of [
            "",
            "p-ada",
            `${adas} `,
            "47d7681846d6fc733c51d1f25df8446d7227d2c7c2883997a19478e1dff9c8c2"
          ]) {
            const refused = yield* Effect.flip(ask(token))
            assert.strictEqual(refused.reason, "unknown")
            assert.notInclude(refused.message, "p-ada")
          }
        })
    )
  )

  it.effect("everywhere, or where the token is for", () =>
    withFile(
      [
        ada,
        { ...bob, projects: ["abc", "def"] },
        { token: "token-of-cyd-the-cat", user: "p-cyd", canvases: ["c1"] }
      ],
      ({ ask }) =>
        Effect.gen(function* () {
          const elsewhere: AuthScope = { _tag: "Dataset", project: "xyz", dataset: "production" }
          const project: AuthScope = { _tag: "Project", project: "abc" }
          const cyd = "token-of-cyd-the-cat"
          for (const scope of [room, elsewhere, project, canvas]) yield* ask(adas, scope)
          for (const scope of [room, project]) yield* ask(bobs, scope)
          // A canvas has no project, but /users/me is asked of one.
          for (const scope of [canvas, project]) yield* ask(cyd, scope)
          const reasonOf = (token: string, scope: AuthScope) =>
            Effect.map(Effect.flip(ask(token, scope)), ({ reason }) => reason)
          assert.strictEqual(yield* reasonOf(bobs, elsewhere), "wrong-project")
          assert.include((yield* Effect.flip(ask(bobs, elsewhere))).message, "the project xyz,")
          assert.strictEqual(yield* reasonOf(bobs, canvas), "wrong-canvas")
          assert.strictEqual(yield* reasonOf(cyd, room), "wrong-project")
          assert.strictEqual(yield* reasonOf(cyd, { _tag: "Canvas", canvas: "c2" }), "wrong-canvas")
        })
    )
  )

  it.effect("until the token expires", () =>
    withFile([{ ...ada, expiresAt: "1970-01-01T00:01:00Z" }], ({ ask }) =>
      Effect.gen(function* () {
        yield* TestClock.adjust("59 seconds")
        yield* ask(adas)
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Effect.flip(ask(adas))).reason, "expired")
      })
    )
  )
})

describe("a tokens file that changes", () => {
  it.effect("is read again: tokens come and go within the time to live", () =>
    withFile([ada], ({ ask, noticed, service, write }) =>
      Effect.gen(function* () {
        assert.strictEqual(Duration.toSeconds(service.timeToLive), 55)
        yield* write(bob)
        assert.strictEqual(yield* ask(adas), "p-ada")
        yield* noticed
        assert.strictEqual((yield* Effect.flip(ask(adas))).reason, "unknown")
        assert.strictEqual(yield* ask(bobs), "p-bob")
        assert.deepStrictEqual(yield* service.profile("p-ada"), Option.none())
      })
    )
  )

  it.effect("for the worse leaves the tokens as they were, and says so once", () =>
    withFile([ada], ({ ask, logged, noticed, remove, write, writeText }) =>
      Effect.gen(function* () {
        yield* writeText(`{"tokens": [{"token": "${bobs}"`)
        yield* noticed
        yield* Effect.repeat(passing, { times: 10 })
        assert.strictEqual(yield* ask(adas), "p-ada")
        assert.strictEqual((yield* Effect.flip(ask(bobs))).reason, "unknown")
        assert.lengthOf(logged, 1)
        assert.match(logged[0] ?? "", /^Error .*not JSON.*tokens stay as they were/)
        assert.notInclude(logged.join(), bobs)
        yield* remove
        yield* noticed
        assert.strictEqual(yield* ask(adas), "p-ada")
        assert.include(logged.at(-1), "There is no tokens file")
        yield* write(bob)
        yield* noticed
        assert.strictEqual(yield* ask(bobs), "p-bob")
        assert.match(logged.at(-1) ?? "", /^Info .*1 token/)
      })
    )
  )

  it.effect("a short time to live is half looking and half asking again", () =>
    withFile(
      [ada],
      ({ service }) =>
        Effect.sync(() => assert.strictEqual(Duration.toSeconds(service.timeToLive), 2)),
      { timeToLive: "4 seconds" }
    )
  )
})

describe("a tokens file at the start", () => {
  it.effect("is warned about where everyone may read a token in it", () =>
    Effect.gen(function* () {
      const look = ({ logged }: Auth) =>
        Effect.sync(() => assert.match(logged.join(), /^Warn .*chmod o-r/))
      yield* withFile([ada], look, { mode: 0o644 })
      const isQuiet = ({ logged }: Auth) => Effect.sync(() => assert.isEmpty(logged))
      yield* withFile([ada], isQuiet, { mode: 0o640 })
      // Nothing in these lets anyone in.
      yield* withFile([{ sha256: "ab".repeat(32), user: "p-bob" }], isQuiet, { mode: 0o644 })
      yield* withFile([], isQuiet, { mode: 0o644 })
    })
  )

  it.effect("has to be there, and to be understood", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const start = (path: string) =>
        Effect.flip(Effect.scoped(Layer.build(TokensFileAuth.layer(path))))
      const missing = yield* start(`${directory}/none.json`)
      assert.strictEqual(missing._tag, "TokensFileError")
      assert.strictEqual(missing.reason, "not-found")
      assert.include(missing.message, `${directory}/none.json`)
      const itself = yield* start(directory)
      assert.strictEqual(itself.reason, "directory")
      assert.include(itself.message, `${directory} is a directory. Name the file in it`)
      yield* fs.writeFileString(`${directory}/bad.json`, "[]")
      assert.strictEqual((yield* start(`${directory}/bad.json`)).reason, "invalid")
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))
  )
})

it.effect("a tokens file that stays as it is is looked at every 5 s, and not read again", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = `${yield* fs.makeTempDirectoryScoped()}/tokens.json`
    yield* fs.writeFileString(path, JSON.stringify({ tokens: [] }))
    const info = yield* fs.stat(path)
    const content = yield* fs.readFileString(path)
    const asked = { stat: 0, read: 0 }
    const counting = FileSystem.makeNoop({
      stat: () =>
        Effect.as(
          Effect.sync(() => (asked.stat += 1)),
          info
        ),
      readFileString: () =>
        Effect.as(
          Effect.sync(() => (asked.read += 1)),
          content
        )
    })
    yield* Layer.build(TokensFileAuth.layer(path)).pipe(
      Effect.provideService(FileSystem.FileSystem, counting)
    )
    yield* TestClock.adjust("30 seconds")
    assert.deepStrictEqual(asked, { stat: 7, read: 1 })
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))
)

it.effect("a tokens file that the system keeps from the relay says whom to let read it", () =>
  Effect.gen(function* () {
    const denied = PlatformError.systemError({
      _tag: "PermissionDenied",
      module: "FileSystem",
      method: "stat"
    })
    const error = yield* TokensFileAuth.layer("tokens.json").pipe(
      Layer.build,
      Effect.scoped,
      Effect.flip,
      Effect.provide(FileSystem.layerNoop({ stat: () => Effect.fail(denied) }))
    )
    assert.strictEqual(error.reason, "unreadable")
    assert.include(error.message, "tokens.json can't be read (PermissionDenied)")
    assert.include(error.message, "Let the user that runs the relay read it.")
  })
)

it.effect("a tokens file is the directory of its users", () =>
  withFile(
    [{ ...ada, email: "ada@example.com", imageUrl: "https://example.com/a.png" }, bob],
    ({ service }) =>
      Effect.gen(function* () {
        assert.deepEqual(Option.getOrUndefined(yield* service.profile("p-ada")), {
          id: UserId.make("p-ada"),
          displayName: "Ada Lovelace",
          email: "ada@example.com",
          imageUrl: "https://example.com/a.png"
        })
        assert.deepStrictEqual(yield* service.profile("p-cyd"), Option.none())
        assert.strictEqual(service.directory, "members")
      })
  )
)
