import { useCallback, useState } from "react"
import type { DemoConfig } from "../config.ts"
import { Intro } from "./Intro.tsx"
import { Studio } from "./Studio.tsx"
import type { Visitors } from "./visitors.ts"

/** Two people side by side. */
export function App({ config, visitors }: { config: DemoConfig; visitors: Visitors }) {
  const [announcements, setAnnouncements] = useState<ReadonlyArray<string>>(["", ""])
  const announce = useCallback(
    (index: number, text: string) => setAnnouncements((all) => all.with(index, text)),
    []
  )
  return (
    <>
      <Intro config={config} />
      <main className="panes">
        {visitors.map((visitor, index) => (
          <Studio
            key={`${index} ${visitor.id}`}
            index={index}
            visitor={visitor}
            config={config}
            announce={announce}
          />
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
