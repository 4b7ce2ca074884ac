import { useEffect } from "react"
import type { ReportedLocation } from "../../src/index.ts"
import { usePresenceHandle } from "../../src/react/index.ts"

/**
 * Says where the autopilot is, now and every second, while it is somewhere. Only a move goes out at
 * once: a report that changes nothing costs no message, but keeps the session active.
 */
export const useReportEverySecond = (location: ReportedLocation | undefined): void => {
  const { reportPresence } = usePresenceHandle()
  useEffect(() => {
    if (location === undefined) {
      reportPresence([])
      return
    }
    const say = () => reportPresence([location])
    say()
    const timer = setInterval(say, 1000)
    return () => clearInterval(timer)
  }, [reportPresence, location])
}
