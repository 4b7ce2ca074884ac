import { useCallback, useState } from "react"
import { PresenceProvider } from "../../src/react/index.ts"
import type { DemoConfig } from "../config.ts"
import { Intro } from "./Intro.tsx"
import { Pane } from "./Pane.tsx"
import type { Visitors } from "./visitors.ts"

/** Two people side by side, each with a connection of its own. */
export function App({ config, visitors }: { config: DemoConfig; visitors: Visitors }) {
  const [announcements, setAnnouncements] = useState<ReadonlyArray<string>>(["", ""])
  const announce = useCallback(
    (index: number, text: string) => setAnnouncements((all) => all.with(index, text)),
    []
  )
  const { apiHost, dataset, projectId } = config
  return (
    <>
      <Intro config={config} />
      <main className="panes">
        {visitors.map((visitor, index) => (
          <PresenceProvider
            key={`${index} ${visitor.id}`}
            projectId={projectId}
            dataset={dataset}
            apiHost={apiHost}
            token={visitor.token}
          >
            <Pane index={index} visitor={visitor} announce={announce} />
          </PresenceProvider>
        ))}
      </main>
      <div role="status" aria-atomic="false" className="visually-hidden">
        {announcements.map((text, index) => (
          <p key={`${index} ${visitors[index]?.id}`}>{text}</p>
        ))}
      </div>
    </>
  )
}
