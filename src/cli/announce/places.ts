/**
 * The places that flags name. Pure.
 */
import { studioPath } from "@sanity/client/csm"
import * as Result from "effect/Result"
import { resolve } from "../../DocumentRef.ts"
import type { Path, ReportedLocation } from "../../Location.ts"
import { tokenVariable } from "../room/roomSettings.ts"
import { withoutPastedTokens } from "../terminal/printable.ts"

/** What the flags say; the documents are one at least. */
export interface PlaceValues {
  readonly document: ReadonlyArray<string>
  readonly path: ReadonlyArray<string>
  readonly perspective: string | undefined
}

/** What Sanity's tokens are like, and no name that anybody gave: ids that are as long have hyphens. */
const token = /\bsk[a-z0-9]{39,}/i

/** A version's id names its release; other ids are meant in the draft, as everywhere. */
const releaseOf = (documentId: string): string | undefined =>
  /^versions\.([^.]+)\./.exec(documentId)?.[1]

const parsePath = (text: string): Result.Result<Path, string> => {
  const parsed = Result.try(() => studioPath.fromString(text))
  const bad = `"${withoutPastedTokens(text)}" is no path. Write it as Sanity does: title, body[0].text or body[_key=="a1"].`
  if (Result.isFailure(parsed) || parsed.success.includes("")) return Result.fail(bad)
  // What it does not understand, it takes for a name.
  return studioPath.toString(parsed.success) === text.replaceAll("'", '"')
    ? Result.succeed(parsed.success)
    : Result.fail(bad)
}

/**
 * The places, or what is wrong with them. With several documents each is meant as a whole: a path would
 * not say which one it is in.
 *
 * @example
 * placesOf({ document: ["book"], path: ["title", "body"], perspective: undefined })
 */
export const placesOf = ({
  document,
  path,
  perspective
}: PlaceValues): Result.Result<ReadonlyArray<ReportedLocation>, string> =>
  Result.gen(function* () {
    if ([...document, ...path, perspective ?? ""].some((text) => token.test(text))) {
      return yield* Result.fail(
        `What is to be announced looks like a token, which everyone in the room would see. A token belongs in ${tokenVariable}, or a file.`
      )
    }
    if (path.length > 0 && document.length > 1) {
      return yield* Result.fail("--path belongs to one document. Give one --document with it.")
    }
    const references = document.map((documentId) => ({
      documentId,
      perspective: perspective ?? releaseOf(documentId)
    }))
    for (const reference of references) {
      if (resolve(reference) === undefined) {
        return yield* Result.fail(
          `"${withoutPastedTokens(reference.documentId)}"${perspective === undefined ? "" : ` with --perspective "${withoutPastedTokens(perspective)}"`} is no document that Sanity allows. An id has letters, digits, dots, underscores and hyphens, 128 at most.`
        )
      }
    }
    const [only] = references
    if (path.length === 0 || only === undefined) return references
    const places: Array<ReportedLocation> = []
    for (const text of path) places.push({ ...only, path: yield* parsePath(text) })
    return places
  })
