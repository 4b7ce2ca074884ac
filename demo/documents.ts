/**
 * The documents of the demo. They exist only here: presence needs an id and a path, no content.
 */
import { publishedIdOf } from "../src/DocumentRef.ts"
import type { Path } from "../src/Location.ts"

/** A field that someone can be in. `name` is its path as one word. */
export interface Field {
  readonly name: string
  readonly label: string
  readonly path: Path
  readonly value: string
  /** More than one makes it a text area. */
  readonly rows: number
}

/** Something that can be edited, and so always has a field. */
export interface Document {
  readonly id: string
  readonly title: string
  readonly fields: readonly [Field, ...Array<Field>]
}

/** An item of the list of authors. */
export interface Author {
  readonly key: string
  readonly name: Field
  readonly role: Field
}

const field = (name: string, label: string, value = "", rows = 1): Field => ({
  name,
  label,
  path: [name],
  value,
  rows
})

const author = (key: string, name: string, role: string): Author => ({
  key,
  name: { ...field(`authors.${key}.name`, "Name", name), path: ["authors", { _key: key }, "name"] },
  role: { ...field(`authors.${key}.role`, "Role", role), path: ["authors", { _key: key }, "role"] }
})

/** The fields of the test document above its body and its list of authors. */
export const mainFields: readonly [Field, ...Array<Field>] = [
  field("title", "Title", "A field guide to tide pools"),
  field("slug", "Slug", "field-guide-to-tide-pools"),
  field(
    "summary",
    "Summary",
    "What to look for at low water, how to leave it undisturbed, and when to head back.",
    2
  )
]

/** Portable Text; its value is in `body.ts`. */
export const bodyField: Field = field("body", "Body")

export const authors: ReadonlyArray<Author> = [
  author("a1", "Ines Duarte", "Words"),
  author("a2", "Tomasz Wilk", "Photographs")
]

/** The document that the page shows. */
export const testDocument: Document = {
  id: "tide-pools",
  title: "A field guide to tide pools",
  fields: [...mainFields, bodyField, ...authors.flatMap(({ name, role }) => [name, role])]
}

/** Others, where colleagues go and the page does not. */
export const otherDocuments: readonly [Document, ...Array<Document>] = [
  {
    id: "autumn-issue",
    title: "Autumn issue",
    fields: [
      field("title", "Title"),
      field("coverImage", "Cover image"),
      field("articles", "Articles")
    ]
  },
  {
    id: "home-page",
    title: "Home page",
    fields: [field("headline", "Headline"), field("callToAction", "Call to action")]
  }
]

/** All of them. */
export const documents: ReadonlyArray<Document> = [testDocument, ...otherDocuments]

/** The title of a document, whichever version it is; its id where it is not one of the demo's. */
export const titleOf = (documentId: string): string =>
  documents.find(({ id }) => id === publishedIdOf(documentId))?.title ?? documentId

/** What an array item is called, by its key. */
export const keyLabels: ReadonlyMap<string, string> = new Map(
  authors.map(({ key, name }) => [key, name.value])
)
