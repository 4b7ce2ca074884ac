import { usePresenceStatus } from "../../src/react/index.ts"
import { NextTry } from "./NextTry.tsx"

/** The connection in words, and a way to hurry it. */
export function Status() {
  const { description, retryNow, status } = usePresenceStatus()
  const isWaiting = status._tag !== "Connected" && status._tag !== "Connecting"
  return (
    <div className="status" data-testid="status" data-status={status._tag}>
      <span className="status-dot" />
      <p>
        {description}
        {status._tag === "Reconnecting" && <NextTry at={status.retryAt} />}
      </p>
      {isWaiting && (
        <button type="button" onClick={retryNow}>
          Try again
        </button>
      )}
    </div>
  )
}
