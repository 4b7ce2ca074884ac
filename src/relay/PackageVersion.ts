/**
 * The version of this package.
 */
import { readFileSync } from "node:fs"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const decodePackage = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Struct({ name: Schema.String, version: Schema.String }))
)

const read = (): string => {
  try {
    // The same two levels up from src/relay and from dist/relay.
    const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8")
    return Option.match(decodePackage(text), {
      onNone: () => "unknown",
      onSome: ({ version }) => version
    })
  } catch {
    return "unknown"
  }
}

/** The version in package.json; `unknown` where a bundler has left that behind. */
export const packageVersion: string = read()
