/**
 * Which exact document somebody is in: the draft, the published one or a version, from an id and the
 * perspective under which it is edited. Reads and reports resolve ids in the same way, the App SDK's.
 */
import { DocumentId, getDraftId, getPublishedId, getVersionId } from "@sanity/id-utils"

/**
 * The perspective under which a document is edited.
 *
 * - `"drafts"`, and anything that names no release (`"raw"`, `"previewDrafts"`): the draft.
 * - `"published"`: the published document.
 * - a release, as `{ releaseName }` or by its name, as `@sanity/client` writes it: its version.
 * - several, the first of which counts: `["rSummer", "drafts"]`.
 *
 * @example
 * const perspective: Perspective = { releaseName: "rSummer" }
 */
export type Perspective = string | ReadonlyArray<string> | { readonly releaseName: string }

/**
 * A document as an app names it.
 *
 * @example
 * const book: DocumentRef = { documentId: "book", perspective: "published" }
 */
export interface DocumentRef {
  /** With or without a prefix; the perspective decides which document is meant. */
  readonly documentId: string
  /** Under which it is edited. `"drafts"` unless given. */
  readonly perspective?: Perspective | undefined
  /** Whether it has no draft, so that the published one is meant whatever the perspective. False unless given. */
  readonly liveEdit?: boolean | undefined
}

/** The perspectives of `@sanity/client` that are no release. */
const named: ReadonlySet<string> = new Set(["drafts", "previewDrafts", "raw", "published"])

const first = (perspective: Perspective | undefined): string | { readonly releaseName: string } => {
  if (typeof perspective === "string") return perspective
  if (perspective === undefined) return "drafts"
  if ("releaseName" in perspective) return perspective
  return perspective[0] ?? "drafts"
}

const releaseOf = (perspective: ReturnType<typeof first>): string | undefined => {
  if (typeof perspective !== "string") return perspective.releaseName
  return named.has(perspective) ? undefined : perspective
}

/** A dot in its name would make it the version of another document. */
const versionOf = (id: DocumentId, release: string): string | undefined =>
  release.includes(".") ? undefined : getVersionId(id, release)

/**
 * The exact id of the document that is meant, or undefined where the id, or the release's name, is none that
 * Sanity allows.
 *
 * @example
 * resolve({ documentId: "book" }) // "drafts.book"
 * resolve({ documentId: "drafts.book", perspective: "rSummer" }) // "versions.rSummer.book"
 */
export const resolve = ({ documentId, liveEdit, perspective }: DocumentRef): string | undefined => {
  try {
    const id = DocumentId(documentId)
    if (liveEdit === true) return getPublishedId(id)
    const view = first(perspective)
    const release = releaseOf(view)
    if (release !== undefined) return versionOf(id, release)
    return view === "published" ? getPublishedId(id) : getDraftId(id)
  } catch {
    return undefined
  }
}

/**
 * The id under which a draft, its published document and its versions are one. What is no id that
 * Sanity allows stands for itself: others may send anything.
 *
 * @example
 * publishedIdOf("versions.rSummer.book") // "book"
 */
export const publishedIdOf = (documentId: string): string => {
  // The library validates by throwing, which is slow, and this runs once per received location.
  if (!documentId.startsWith("drafts.") && !documentId.startsWith("versions.")) return documentId
  const known = published.get(documentId)
  if (known !== undefined) return known
  if (published.size >= remembered) published.clear()
  const id = toPublished(documentId)
  published.set(documentId, id)
  return id
}

/**
 * Whether a document is the one with this published id, its draft or one of its versions. Cheaper than
 * {@link publishedIdOf} where most are not.
 *
 * @example
 * isOf("versions.rSummer.book", "book") // true
 */
export const isOf = (documentId: string, publishedId: string): boolean =>
  documentId.endsWith(publishedId) && publishedIdOf(documentId) === publishedId

/** The most ids remembered; others choose them, so they must not fill the memory. */
const remembered = 1_000

const published = new Map<string, string>()

const toPublished = (documentId: string): string => {
  try {
    return getPublishedId(DocumentId(documentId))
  } catch {
    return documentId
  }
}
