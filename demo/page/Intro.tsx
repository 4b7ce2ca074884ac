import type { DemoConfig } from "../config.ts"

/** What this is, for someone who has read nothing. */
export function Intro({ config }: { config: DemoConfig }) {
  const { dataset, projectId, service } = config
  return (
    <header className="intro">
      <h1>
        <img src="/favicon.svg" alt="" width="32" height="32" />
        Presence, live
      </h1>
      {service === "relay" ? (
        <p>
          Two people edit the same document below, and three simulated colleagues come and go:
          everyone sees who is in which field, and where their carets are. Autopilot moves both;
          click into a field to take over.
        </p>
      ) : (
        <p>
          You edit the same document twice below, connected to project <code>{projectId}</code>,
          dataset <code>{dataset}</code>: everyone there sees who is in which field, and where their
          carets are. Autopilot moves both; click into a field to take over.
        </p>
      )}
      <p>
        For {service === "relay" ? "two people more" : "two sessions more"}, open this page{" "}
        <a href="/presence" target="_blank" rel="noopener">
          in another tab
        </a>
        . Only presence is shared; what you type stays in its pane.
      </p>
    </header>
  )
}
