/** What the public signatures promise; `npx tsc` is what fails here. */
import { describe, expectTypeOf, it } from "@effect/vitest"
import type * as Layer from "effect/Layer"
import type { FocusEvent, ReactNode } from "react"
import type {
  ConnectionStatus,
  DocumentPresence,
  DocumentRef,
  Presence,
  PresenceHandle,
  PresenceOptions,
  PresenceQuery,
  Report,
  ReportedLocation,
  Self,
  StateSource,
  UserPresence,
  UserSessions
} from "../../src/index.ts"
import {
  type DocumentAvatarsProps,
  FieldPresence,
  type FieldPresenceProps,
  hueOf,
  initialsOf,
  type PresenceAnnouncerProps,
  PresenceAvatar,
  PresenceAvatars,
  type PresenceAvatarsProps,
  PresenceProvider,
  type PresenceProviderProps,
  type PresenceStatus,
  type Present,
  type PresentPerson,
  type UsePresence,
  usePresence,
  type UsePresenceField,
  usePresenceField,
  type UsePresenceForDocument,
  usePresenceForDocument,
  usePresenceHandle,
  usePresenceStatus,
  useReportPresence,
  type UseReportPresenceOptions,
  useStateSource,
  useSuspensePresence
} from "../../src/react/index.ts"

/** Checked, never run: there is no provider here. */
const unrun = (...checks: ReadonlyArray<() => unknown>) => checks.length

describe("types", () => {
  it("PresenceProvider takes what createPresence does, a perspective and children", () => {
    expectTypeOf(PresenceProvider).parameters.toEqualTypeOf<[PresenceProviderProps]>()
    expectTypeOf(PresenceProvider).returns.toEqualTypeOf<ReactNode>()
    expectTypeOf<PresenceProviderProps>().toExtend<PresenceOptions>()
    expectTypeOf<PresenceOptions>().toExtend<PresenceProviderProps>()
    expectTypeOf<PresenceProviderProps["perspective"]>().toEqualTypeOf<
      DocumentRef.Perspective | undefined
    >()
    expectTypeOf<PresenceProviderProps["layer"]>().toEqualTypeOf<
      Layer.Layer<Presence, unknown> | undefined
    >()
    unrun(() => {
      const token: string | undefined = undefined
      return [
        <PresenceProvider key="1" projectId="abc" dataset="d" token={token} sessionKey={token} />,
        <PresenceProvider key="2" projectId="abc" canvasId="c" perspective={["r", "drafts"]} />,
        // @ts-expect-error a token is text
        <PresenceProvider key="3" projectId="abc" dataset="d" token={1} />,
        // @ts-expect-error no such option
        <PresenceProvider key="4" projectId="abc" dataset="d" colour="red" />
      ]
    })
  })

  it("usePresence returns everything, or what is selected from it", () => {
    expectTypeOf<UsePresence>().toEqualTypeOf<{
      readonly locations: ReadonlyArray<UserPresence>
      readonly reportPresence: Report
      readonly status: ConnectionStatus.ConnectionStatus
      readonly self: Self
    }>()
    expectTypeOf<Report>().toEqualTypeOf<(locations: ReadonlyArray<ReportedLocation>) => void>()
    unrun(() => {
      expectTypeOf(usePresence()).toEqualTypeOf<UsePresence>()
      expectTypeOf(usePresence(({ locations }) => locations.length)).toEqualTypeOf<number>()
      expectTypeOf(
        usePresence(
          ({ locations }) => locations.map(({ user }) => user.id),
          (a, b) => a.length === b.length && b[0] === a[0]
        )
      ).items.toExtend<string>()
      const same: (a: UsePresence, b: UsePresence) => boolean = Object.is
      // @ts-expect-error the parts are compared, not everything
      usePresence(({ locations }) => locations.length, same)
      // @ts-expect-error nobody else's locations are changed here
      usePresence().locations.push()
    })
  })

  it("useSuspensePresence returns what usePresence does", () => {
    expectTypeOf(useSuspensePresence).toEqualTypeOf<typeof usePresence>()
    unrun(() => {
      expectTypeOf(useSuspensePresence()).toEqualTypeOf<UsePresence>()
      expectTypeOf(useSuspensePresence(({ self }) => self)).toEqualTypeOf<Self>()
    })
  })

  it("usePresenceForDocument takes a query, and returns places with people", () => {
    expectTypeOf(usePresenceForDocument).toEqualTypeOf<
      (query: PresenceQuery.DocumentQuery) => UsePresenceForDocument
    >()
    expectTypeOf<UsePresenceForDocument>().toEqualTypeOf<{
      readonly presence: ReadonlyArray<DocumentPresence>
    }>()
    unrun(() => {
      usePresenceForDocument({
        documentId: "a",
        path: ["list", { _key: "k" }, 0, [1, 2]],
        excludeVersions: true,
        liveEdit: false,
        perspective: { releaseName: "rSummer" }
      })
      // @ts-expect-error a document is needed
      usePresenceForDocument({ path: ["title"] })
      // @ts-expect-error a path is a list of segments
      usePresenceForDocument({ documentId: "a", path: "title" })
    })
  })

  it("useReportPresence takes a place, or nothing", () => {
    expectTypeOf(useReportPresence).toEqualTypeOf<
      (options: UseReportPresenceOptions | null | undefined) => void
    >()
    expectTypeOf<UseReportPresenceOptions>().toExtend<ReportedLocation>()
    expectTypeOf<UseReportPresenceOptions["throttleMs"]>().toEqualTypeOf<number | undefined>()
    unrun(() => {
      const point = { path: ["body"], offset: 1 }
      useReportPresence({ documentId: "a", selection: { anchor: point, focus: point } })
      useReportPresence({ documentId: "a", selection: null, path: undefined })
      // @ts-expect-error which document is asked for, not which others
      useReportPresence({ documentId: "a", excludeVersions: true })
      // @ts-expect-error nothing is said by null, not by leaving it out
      useReportPresence()
    })
  })

  it("usePresenceField returns what an input and its label need", () => {
    expectTypeOf(usePresenceField).toEqualTypeOf<(field: ReportedLocation) => UsePresenceField>()
    expectTypeOf<UsePresenceField>().toEqualTypeOf<{
      readonly props: {
        readonly onFocus: () => void
        readonly onBlur: (event: FocusEvent) => void
      }
      readonly presence: ReadonlyArray<DocumentPresence>
      readonly isFocused: boolean
    }>()
    unrun(() => {
      const { props } = usePresenceField({ documentId: "a", path: ["title"] })
      return [
        <input key="1" {...props} />,
        <textarea key="2" {...props} />,
        <fieldset key="3" {...props} />
      ]
    })
  })

  it("usePresenceStatus returns the connection, in words too", () => {
    expectTypeOf(usePresenceStatus).toEqualTypeOf<() => PresenceStatus>()
    expectTypeOf<PresenceStatus>().toEqualTypeOf<{
      readonly status: ConnectionStatus.ConnectionStatus
      readonly description: string
      readonly retryNow: () => void
    }>()
  })

  it("useStateSource and usePresenceHandle reach the rest", () => {
    expectTypeOf(usePresenceHandle).toEqualTypeOf<() => PresenceHandle>()
    expectTypeOf(useStateSource).toBeCallableWith({} as StateSource.StateSource<number>)
    unrun(() => {
      const source = usePresenceHandle().getUsers()
      expectTypeOf(useStateSource(source)).toEqualTypeOf<ReadonlyArray<UserSessions>>()
    })
  })

  it("the components take what the hooks give, or a query", () => {
    expectTypeOf<DocumentPresence>().toExtend<PresentPerson>()
    expectTypeOf<UserPresence>().toExtend<PresentPerson>()
    expectTypeOf<DocumentAvatarsProps>().toExtend<PresenceQuery.DocumentQuery>()
    expectTypeOf<PresenceAnnouncerProps>().toExtend<PresenceQuery.DocumentQuery>()
    expectTypeOf<FieldPresenceProps>().toExtend<PresenceQuery.DocumentQuery>()
    expectTypeOf<PresenceAvatarsProps["presence"]>().toEqualTypeOf<ReadonlyArray<Present>>()
    expectTypeOf(hueOf).toEqualTypeOf<(userId: string) => number>()
    expectTypeOf(initialsOf).toEqualTypeOf<(name: string) => string>()
    unrun(() => {
      const { presence } = usePresenceForDocument({ documentId: "a" })
      const { locations } = usePresence()
      return [
        <PresenceAvatars key="1" presence={presence} label="In the book" max={3} />,
        <PresenceAvatars key="2" presence={locations} label="Here" />,
        ...presence.map(({ sessionId, user }) => <PresenceAvatar key={sessionId} user={user} />),
        // @ts-expect-error a list of people has a name
        <PresenceAvatars key="3" presence={presence} />,
        // @ts-expect-error a field has a path
        <FieldPresence key="4" documentId="a" label="Title" />
      ]
    })
  })
})
