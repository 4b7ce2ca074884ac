import { useEffect, useState } from "react"

/** Counts down to a moment, given in epoch milliseconds. */
export function NextTry({ at }: { at: number }) {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  const seconds = Math.ceil((at - now) / 1000)
  return <> {seconds > 0 ? `Next try in ${seconds} s.` : "Trying now…"}</>
}
