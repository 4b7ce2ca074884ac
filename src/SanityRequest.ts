/**
 * What all requests to Sanity's API have in common: whose they are, and what their errors say.
 */
import type { ClientConfig } from "@sanity/client"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Token } from "./Auth.ts"

/** The API version of `/users/me`, as the App SDK asks for it. */
export const currentUserVersion = "2021-06-07"

/** A client's own token must not take the place of none; its types know no undefined. */
const noToken: { readonly [option: string]: undefined } = { token: undefined }

/**
 * Makes a client's requests those of the token's user, or nobody's.
 *
 * @example
 * client.withConfig({ apiVersion, ...underToken(token) })
 */
export const underToken = (token: Token): ClientConfig => ({
  // The app decided to use a token in a browser when it gave one to presence.
  ignoreBrowserTokenWarning: true,
  ...Option.match(token, {
    onNone: () => noToken,
    onSome: (value) => ({ token: Redacted.value(value) })
  })
})

const decodeStatus = Schema.decodeUnknownOption(Schema.Struct({ statusCode: Schema.Finite }))

/** The HTTP status that a client's error tells of; undefined where there was no answer. */
export const statusOf = (error: unknown): number | undefined =>
  Option.getOrUndefined(decodeStatus(error))?.statusCode
