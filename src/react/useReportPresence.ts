"use client"

import { useEffect, useRef } from "react"
import { fromReported, type ReportedLocation } from "../Location.ts"
import { useDocumentRef, usePresenceHandle } from "./PresenceContext.ts"
import { type Throttled, throttled } from "./throttled.ts"
import { useKept } from "./useKept.ts"

/** Milliseconds; the focus moves at the pace of a person. */
const focusInterval = 1_000

/** Milliseconds; a caret that trails a second behind looks broken. */
const caretInterval = 250

const nowhere: ReportedLocation = { documentId: "" }

/** What one component reports to one room. */
interface Reports extends Throttled<ReadonlyArray<ReportedLocation>> {
  hasBegun: boolean
}

/** Where this session is, for {@link useReportPresence}. */
export interface UseReportPresenceOptions extends ReportedLocation {
  /** Milliseconds between two reports at least: 1,000, or 250 with a selection. */
  readonly throttleMs?: number | undefined
}

/**
 * Says that this session is in a document, or at a field of it, for as long as the component is
 * mounted; nothing while it is given nothing. What several components report adds up.
 *
 * Written inline, the location is compared by value: only another place is another report. Reports
 * are throttled, and the last one always goes out.
 *
 * @throws PresenceError where there is no {@link PresenceProvider} above
 *
 * @example
 * useReportPresence({ documentId: "book" })
 *
 * @example
 * const [isFocused, setFocused] = useState(false)
 * useReportPresence(isFocused ? { documentId: "book", path: ["title"] } : undefined)
 */
export const useReportPresence = (options: UseReportPresenceOptions | null | undefined): void => {
  const handle = usePresenceHandle()
  const resolved = useDocumentRef(options ?? nowhere)
  const reports = useRef<Reports | undefined>(undefined)
  // Its exact id and all that others see of it, as one string.
  const key = options == null ? undefined : JSON.stringify(fromReported(resolved, ""))
  const report = useKept([key], () => ({
    locations: options == null ? [] : [resolved],
    interval: options?.throttleMs ?? (options?.selection == null ? focusInterval : caretInterval)
  }))

  useEffect(() => {
    const reporter = handle.makeReporter()
    const reporting = throttled(reporter.report)
    reports.current = { ...reporting, hasBegun: false }
    return () => {
      reporting.cancel()
      reporter.release()
    }
  }, [handle])

  useEffect(() => {
    const { current } = reports
    if (current === undefined) return
    const { interval, locations } = report
    if (locations.length > 0) {
      current.hasBegun = true
      current.send(locations, interval)
    } else if (current.hasBegun) {
      // Taken back at once. Before the first report there is nothing to take back: mounting is silent.
      current.now(locations)
    }
  }, [handle, report])
}
