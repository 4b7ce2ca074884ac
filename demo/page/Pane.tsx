import { useEffect, useMemo, useState } from "react"
import {
  hueOf,
  PresenceAnnouncer,
  PresenceAvatar,
  usePresence,
  usePresenceStatus,
  useReportPresence
} from "../../src/react/index.ts"
import { selectionOf } from "../body.ts"
import { type Field, keyLabels, testDocument } from "../documents.ts"
import { UserId } from "../../src/index.ts"
import type { Version } from "../perspectives.ts"
import { AutopilotSwitch } from "./AutopilotSwitch.tsx"
import { DocumentForm } from "./DocumentForm.tsx"
import { DocumentList } from "./DocumentList.tsx"
import { formatPath } from "./formatPath.ts"
import { PeopleList } from "./PeopleList.tsx"
import { Status } from "./Status.tsx"
import { titleOfStatus } from "./statusTitle.ts"
import { useAutopilot } from "./useAutopilot.ts"
import { useReportEverySecond } from "./useReportEverySecond.ts"
import { VersionSwitch } from "./VersionSwitch.tsx"
import type { Visitor } from "./visitors.ts"

interface PaneProps {
  readonly index: number
  readonly visitor: Visitor
  readonly announce: (index: number, text: string) => void
  readonly version: Version
  readonly onVersion: (version: Version) => void
}

/** The studio of one person. */
export function Pane({ announce, index, onVersion, version, visitor }: PaneProps) {
  const sessionId = usePresence(({ self }) => self.sessionId)
  const { status } = usePresenceStatus()
  const { isOn, place, setOn } = useAutopilot(testDocument.fields)
  const [focused, setFocused] = useState<Field | undefined>(undefined)

  const autopilot = useMemo(
    () =>
      isOn
        ? {
            documentId: testDocument.id,
            perspective: version.name,
            path: place.field.path,
            ...(place.caret === undefined ? {} : { selection: selectionOf(place.caret) })
          }
        : undefined,
    [isOn, place, version]
  )
  useReportEverySecond(autopilot)
  // The fields report themselves while they have the focus.
  useReportPresence(isOn || focused !== undefined ? undefined : { documentId: testDocument.id })

  const title = titleOfStatus(status)
  const { id, name } = visitor
  useEffect(() => announce(index, `${name}: ${title}.`), [announce, index, name, title])

  const where = isOn ? place.field : focused
  return (
    <section
      className="pane"
      aria-labelledby={`pane-${index}`}
      data-pane={index}
      data-person={id}
      data-session-id={sessionId}
    >
      <header className="pane-header" data-hue={hueOf(id)}>
        <PresenceAvatar
          user={{ id: UserId.make(id), displayName: name }}
          className="avatar avatar-large"
        />
        <div className="pane-who">
          <h2 id={`pane-${index}`}>{name}</h2>
          <p className="where">
            In {where === undefined ? testDocument.title : formatPath(where.path, keyLabels)}
          </p>
        </div>
        <AutopilotSwitch isOn={isOn} onChange={setOn} name={name} />
      </header>
      <Status />
      <div className="pane-body">
        <div className="document">
          <VersionSwitch pane={index} name={name} version={version} onChange={onVersion} />
          <DocumentForm
            pane={index}
            autopilot={isOn ? place : undefined}
            onFocus={(field) => {
              setOn(false)
              setFocused(field)
            }}
            onBlur={() => setFocused(undefined)}
          />
        </div>
        <aside className="pane-side" aria-label={`Around ${name}`}>
          <DocumentList />
          <PeopleList />
        </aside>
      </div>
      {index === 0 && (
        // In the autopilot's room somebody moves all the time: who comes and goes is enough.
        <PresenceAnnouncer
          documentId={testDocument.id}
          label={testDocument.title}
          describePath={() => ""}
        />
      )}
    </section>
  )
}
