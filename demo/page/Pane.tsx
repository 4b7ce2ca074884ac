import { useEffect } from "react"
import { usePresence } from "../../src/react/index.ts"
import { keyLabels, testDocument } from "../documents.ts"
import { AutopilotSwitch } from "./AutopilotSwitch.tsx"
import { Avatar } from "./Avatar.tsx"
import { DocumentForm } from "./DocumentForm.tsx"
import { formatPath } from "./formatPath.ts"
import { PeopleList } from "./PeopleList.tsx"
import { Status } from "./Status.tsx"
import { titleOfStatus } from "./statusTitle.ts"
import { useAutopilot } from "./useAutopilot.ts"
import { useReportEverySecond } from "./useReportEverySecond.ts"
import type { Visitor } from "./visitors.ts"

interface PaneProps {
  readonly index: number
  readonly visitor: Visitor
  /** Says something to those who can't see the page. */
  readonly announce: (index: number, text: string) => void
}

/** The studio of one person. */
export function Pane({ announce, index, visitor }: PaneProps) {
  const { locations: people, reportPresence, self, status } = usePresence()
  const { current, isOn, setOn, takeOver } = useAutopilot(testDocument.fields)
  useReportEverySecond(reportPresence, testDocument.id, current.path)

  const title = titleOfStatus(status)
  const { id, name } = visitor
  useEffect(() => announce(index, `${name}: ${title}.`), [announce, index, name, title])

  return (
    <section
      className="pane"
      aria-labelledby={`pane-${index}`}
      data-pane={index}
      data-person={id}
      data-session-id={self.sessionId}
    >
      <header className="pane-header">
        <Avatar userId={id} name={name} size="large" />
        <div className="pane-who">
          <h2 id={`pane-${index}`}>{name}</h2>
          <p className="where">In {formatPath(current.path, keyLabels)}</p>
        </div>
        <AutopilotSwitch isOn={isOn} onChange={setOn} name={name} />
      </header>
      <Status />
      <div className="pane-body">
        <DocumentForm pane={index} people={people} current={current} onFocus={takeOver} />
        <PeopleList people={people} isConnected={status._tag === "Connected"} />
      </div>
    </section>
  )
}
