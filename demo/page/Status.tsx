import { ConnectionStatus } from "../../src/index.ts"
import { usePresenceHandle } from "../../src/react/index.ts"
import { NextTry } from "./NextTry.tsx"

/** The connection in words, and a way to hurry it. */
export function Status({ status }: { status: ConnectionStatus.ConnectionStatus }) {
  const { retryNow } = usePresenceHandle()
  const isWaiting = status._tag !== "Connected" && status._tag !== "Connecting"
  return (
    <div className="status" data-testid="status" data-status={status._tag}>
      <span className="status-dot" />
      <p>
        {ConnectionStatus.describe(status)}
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
