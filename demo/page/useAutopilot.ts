import { useEffect, useState } from "react"
import type { Field } from "../documents.ts"

/** How long it stays in a field, in milliseconds. */
const stayMin = 2000
const stayMax = 4500

/** Where a person is, and what moves them. */
export interface Autopilot {
  readonly current: Field
  readonly isOn: boolean
  readonly setOn: (isOn: boolean) => void
  /** Goes to a field by hand: the autopilot is off from then on. */
  readonly takeOver: (field: Field) => void
}

/** Moves from field to field at random until someone takes over. */
export const useAutopilot = (fields: readonly [Field, ...Array<Field>]): Autopilot => {
  const [isOn, setOn] = useState(true)
  const [current, setCurrent] = useState(() => pick(fields, undefined))
  useEffect(() => {
    if (!isOn) return
    const timer = setTimeout(
      () => setCurrent(pick(fields, current)),
      stayMin + Math.random() * (stayMax - stayMin)
    )
    return () => clearTimeout(timer)
  }, [fields, isOn, current])
  const takeOver = (field: Field) => {
    setOn(false)
    setCurrent(field)
  }
  return { current, isOn, setOn, takeOver }
}

const pick = (fields: readonly [Field, ...Array<Field>], not: Field | undefined): Field => {
  const others = fields.filter((field) => field !== not)
  return others[Math.floor(Math.random() * others.length)] ?? fields[0]
}
