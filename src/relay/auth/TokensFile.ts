/**
 * The tokens file: what is in it, and what can be wrong with it.
 */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { UserId } from "../../Session.ts"
import type { Admission } from "./Admission.ts"
import type { RelayUser } from "./RelayUser.ts"

/** Shorter ones could be guessed. */
const minTokenLength = 16

const text = (expected: string, pattern: RegExp) =>
  Schema.String.check(Schema.makeFilter((value) => pattern.test(value) || `Expected ${expected}`))

const Token = text(
  `at least ${minTokenLength} visible ASCII characters without spaces; make one with: openssl rand -hex 32`,
  new RegExp(`^[\\x21-\\x7e]{${minTokenLength},}$`)
)
const Sha256 = text("64 hexadecimal digits", /^[0-9a-fA-F]{64}$/)
/** Ids stand in lists, separated by commas, and in paths. */
const Id = text(
  "1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first",
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
)
const Instant = Schema.String.check(
  Schema.makeFilter(
    (value) =>
      (/^\d{4}-\d\d-\d\d(T.*)?$/.test(value) && !Number.isNaN(Date.parse(value))) ||
      "Expected an ISO 8601 date, for example 2027-01-31T00:00:00Z"
  )
)

const Entry = Schema.Struct({
  token: Schema.optionalKey(Token),
  sha256: Schema.optionalKey(Sha256),
  user: Id,
  displayName: Schema.optionalKey(Schema.String),
  email: Schema.optionalKey(Schema.String),
  imageUrl: Schema.optionalKey(Schema.String),
  projects: Schema.optionalKey(Schema.Array(Schema.String)),
  canvases: Schema.optionalKey(Schema.Array(Schema.String)),
  expiresAt: Schema.optionalKey(Instant)
}).check(
  Schema.makeFilter(
    ({ sha256, token }) =>
      (token === undefined) !== (sha256 === undefined) || "Expected either a token or a sha256"
  )
)

const File = Schema.Struct({ tokens: Schema.Array(Entry) })

// A misspelt `projects` must not open every project.
const decode = Schema.decodeUnknownResult(File, { errors: "all", onExcessProperty: "error" })

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** What a token of the file is good for. `expiresAt` is in milliseconds since 1970. */
export interface Grant extends Admission {
  readonly user: RelayUser
  readonly expiresAt: number
}

/** A tokens file that was understood: grants by the SHA-256 of their token, users by id. */
export interface Tokens {
  readonly grants: ReadonlyMap<string, Grant>
  readonly users: ReadonlyMap<string, RelayUser>
  /** Whether a token stands in it by itself, and not as its hash: who reads the file has it. */
  readonly isSecret: boolean
}

/**
 * A tokens file can't be used. The message says where it is wrong and what to do, and holds nothing
 * of what is in the file.
 *
 * @example
 * Effect.catchTag("TokensFileError", (error) => Console.error(error.message))
 */
export class TokensFileError extends Schema.TaggedError<TokensFileError>()("TokensFileError", {
  /**
   * - `not-found`, `unreadable`: there is none, or the system does not let it be read.
   * - `directory`: it is one.
   * - `json`: it is no JSON; `detail` says where.
   * - `invalid`: `detail` says what is wrong at which place.
   * - `duplicate`: two places hold the same token.
   */
  reason: Schema.Literals(["not-found", "unreadable", "directory", "json", "invalid", "duplicate"]),
  /** The file, as it was named. */
  path: Schema.String,
  /** Where, and what. */
  detail: Schema.String
}) {
  override get message() {
    switch (this.reason) {
      case "not-found":
        return `There is no tokens file at ${this.path}. Make one: {"tokens": [{"sha256": "<SHA-256 of the token>", "user": "p-ada"}]}.`
      case "unreadable":
        return `The tokens file ${this.path} can't be read (${this.detail}). Let the user that runs the relay read it.`
      case "directory":
        return `The tokens file ${this.path} is a directory. Name the file in it; Docker makes a directory where a file that it is to mount is not there.`
      case "json":
        return `The tokens file ${this.path} is not JSON${this.detail}. Correct it, or write it with a tool that makes JSON.`
      case "invalid":
        return `The tokens file ${this.path} is not understood. Correct it: ${this.detail}.`
      case "duplicate":
        return `The tokens file ${this.path} holds the same token twice, ${this.detail}. Remove one of them.`
    }
  }
}

/** Where JSON broke off. The rest of the engine's message would quote the file. */
const placeOf = (cause: unknown): string => {
  const place = cause instanceof Error ? /line \d+ column \d+/.exec(cause.message)?.[0] : undefined
  return place === undefined ? "" : ` at ${place}`
}

/** A key may be a token, in a file of another form; what is shorter than one can be shown. */
const fieldName = new RegExp(`^\\w{1,${minTokenLength - 1}}$`)

const stepText = (step: unknown): string => {
  if (typeof step === "number") return `[${step}]`
  return fieldName.test(String(step)) ? `.${String(step)}` : ".(a field of another name)"
}

const pathText = (path: ReadonlyArray<unknown> = []): string =>
  path.map(stepText).join("").replace(/^\./, "")

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): PropertyKey =>
  typeof segment === "object" ? segment.key : segment

const grantOf = (entry: typeof Entry.Type): Grant => ({
  user: {
    id: UserId.make(entry.user),
    displayName: entry.displayName?.trim() || entry.user,
    ...(entry.email === undefined ? {} : { email: entry.email }),
    ...(entry.imageUrl === undefined ? {} : { imageUrl: entry.imageUrl })
  },
  projects: entry.projects,
  canvases: entry.canvases,
  expiresAt: entry.expiresAt === undefined ? Infinity : Date.parse(entry.expiresAt)
})

const hashOf = ({ sha256, token = "" }: typeof Entry.Type): string =>
  sha256?.toLowerCase() ?? createHash("sha256").update(token).digest("hex")

/**
 * Understands the text of a tokens file.
 *
 * @example
 * parseTokens("tokens.json", Redacted.make('{"tokens": []}'))
 */
export const parseTokens = (
  path: string,
  content: Redacted.Redacted
): Result.Result<Tokens, TokensFileError> => {
  let input: unknown
  try {
    input = JSON.parse(Redacted.value(content))
  } catch (cause) {
    return Result.fail(new TokensFileError({ reason: "json", path, detail: placeOf(cause) }))
  }
  const file = decode(input)
  if (Result.isFailure(file)) {
    const detail = formatIssues(file.failure.issue)
      .issues.map(({ message, path }) => `${pathText(path?.map(keyOf)) || "the file"}: ${message}`)
      .join("; ")
    return Result.fail(new TokensFileError({ reason: "invalid", path, detail }))
  }
  const grants = new Map<string, Grant>()
  const users = new Map<string, RelayUser>()
  const places = new Map<string, number>()
  for (const [place, entry] of file.success.tokens.entries()) {
    const hash = hashOf(entry)
    const first = places.get(hash)
    if (first !== undefined) {
      const detail = `as tokens[${first}] and tokens[${place}]`
      return Result.fail(new TokensFileError({ reason: "duplicate", path, detail }))
    }
    places.set(hash, place)
    const grant = grantOf(entry)
    grants.set(hash, grant)
    if (!users.has(grant.user.id)) users.set(grant.user.id, grant.user)
  }
  const isSecret = file.success.tokens.some(({ token }) => token !== undefined)
  return Result.succeed({ grants, users, isSecret })
}

/** What tells one version of a file from another. */
export interface FileVersion {
  readonly stamp: string
  /** Whether every user of the machine may read it. */
  readonly isPublic: boolean
}

const toFileError =
  (path: string) =>
  ({ reason }: { readonly reason: { readonly _tag: string } }): TokensFileError =>
    new TokensFileError({
      reason: reason._tag === "NotFound" ? "not-found" : "unreadable",
      path,
      detail: reason._tag
    })

/** Which version of the file is there. */
export const versionOf = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const { ino, mode, mtime, size, type } = yield* Effect.mapError(fs.stat(path), toFileError(path))
  if (type === "Directory") {
    return yield* new TokensFileError({ reason: "directory", path, detail: type })
  }
  const stamp = JSON.stringify([mtime, String(size), String(mode)], null)
  return { stamp: `${stamp} ${String(ino)}`, isPublic: (mode & 0o004) !== 0 }
})

/** Reads and understands the file. */
export const readTokens = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const content = yield* Effect.mapError(fs.readFileString(path), toFileError(path))
  return yield* Effect.fromResult(parseTokens(path, Redacted.make(content)))
})
