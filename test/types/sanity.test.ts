/** Types of Sanity's own packages beside ours; `npx tsc` is what fails here. */
import { describe, expectTypeOf, it } from "@effect/vitest"
import type { EditorSelection } from "@portabletext/editor"
import type { SanityClient as Client } from "@sanity/client"
import type { DocumentPresence as SdkDocumentPresence, ReportPresenceOptions } from "@sanity/sdk"
import type { Path as SanityPath } from "@sanity/types"
import {
  type DocumentPresence,
  type Path,
  PortableText,
  type PresenceOptions,
  type ReportedLocation,
  type Selection,
  toSanityPath
} from "../../src/index.ts"

describe("types of Sanity's packages", () => {
  it("what an editor selects is a Selection, to be reported as it is", () => {
    expectTypeOf<EditorSelection>().toExtend<Selection>()
    expectTypeOf<{
      documentId: string
      path: SanityPath
      selection: EditorSelection
    }>().toExtend<ReportedLocation>()
  })

  it("ours is read-only, so an editor takes a copy", () => {
    expectTypeOf<Selection>().not.toExtend<EditorSelection>()
    expectTypeOf(PortableText.toEditorSelection).returns.toExtend<EditorSelection>()
    expectTypeOf(PortableText.fitSelection).returns.toExtend<EditorSelection>()
  })

  it("a Path of @sanity/types is one here; the other way takes a copy", () => {
    expectTypeOf<SanityPath>().toExtend<Path>()
    expectTypeOf<Path>().not.toExtend<SanityPath>()
    expectTypeOf(toSanityPath).returns.toExtend<SanityPath>()
  })

  it("what the App SDK is told to report is reported here too, and what it shows is shown", () => {
    expectTypeOf<ReportPresenceOptions>().toExtend<ReportedLocation>()
    expectTypeOf<Omit<DocumentPresence, "user" | "path" | "selection">>().toExtend<
      Omit<SdkDocumentPresence, "user" | "path" | "selection">
    >()
  })

  it("an app's client is one for presence", () => {
    expectTypeOf<Client>().toExtend<NonNullable<PresenceOptions["client"]>>()
  })
})
