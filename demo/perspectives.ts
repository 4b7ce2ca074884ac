/**
 * The versions of a document that one can be in.
 */
import type { Perspective } from "../src/DocumentRef.ts"

/** A version, as its name in a perspective and its name for people. */
export interface Version {
  readonly name: string
  readonly title: string
}

const draft: Version = { name: "drafts", title: "Draft" }
const published: Version = { name: "published", title: "Published" }
const release: Version = { name: "rAutumn", title: "Autumn release" }

/** The draft first: it is where everyone starts. */
export const versions: readonly [Version, Version, Version] = [draft, published, release]

/** Where a colleague is now and then. */
export const releasePerspective: Perspective = { releaseName: release.name }

/**
 * Which version an exact document id names.
 *
 * @example
 * versionTitleOf("versions.rAutumn.tide-pools") // "Autumn release"
 */
export const versionTitleOf = (documentId: string): string => {
  const [prefix, name] = documentId.split(".")
  if (prefix === "drafts") return draft.title
  if (prefix !== "versions") return published.title
  return name === release.name ? release.title : (name ?? "")
}
