import { useState } from "react"
import { PresenceProvider } from "../../src/react/index.ts"
import type { DemoConfig } from "../config.ts"
import { versions } from "../perspectives.ts"
import { Pane } from "./Pane.tsx"
import type { Visitor } from "./visitors.ts"

interface StudioProps {
  readonly index: number
  readonly visitor: Visitor
  readonly config: DemoConfig
  /** Says something to those who can't see the page. */
  readonly announce: (index: number, text: string) => void
}

/** One person with a connection of their own, in the version of the documents that they chose. */
export function Studio({ announce, config, index, visitor }: StudioProps) {
  const [version, setVersion] = useState(versions[0])
  const { apiHost, dataset, projectId } = config
  return (
    <PresenceProvider
      projectId={projectId}
      dataset={dataset}
      apiHost={apiHost}
      token={visitor.token}
      sessionKey={`pane ${index}`}
      perspective={version.name}
    >
      <Pane
        index={index}
        visitor={visitor}
        announce={announce}
        version={version}
        onVersion={setVersion}
      />
    </PresenceProvider>
  )
}
