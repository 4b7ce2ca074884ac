import { useEffect } from "react"
import type { Path, ReportedLocation } from "../../src/Location.ts"

type Report = (locations: ReadonlyArray<ReportedLocation>) => void

/**
 * Says where this session is, now and every second. Only a move goes out at once: a report that
 * changes nothing costs no message.
 */
export const useReportEverySecond = (report: Report, documentId: string, path: Path): void => {
  useEffect(() => {
    const say = () => report([{ documentId, path }])
    say()
    const timer = setInterval(say, 1000)
    return () => clearInterval(timer)
  }, [report, documentId, path])
}
