import { useEffect, useState } from "react"
import { type Caret, caretAnywhere, nextCaret } from "../body.ts"
import { bodyField, type Field } from "../documents.ts"

/** How long it stays in a field, in milliseconds. */
const stayMin = 2000
const stayMax = 4500

/** How long a word of the body takes, in milliseconds, and how often another one follows. */
const wordMin = 600
const wordMax = 1300
const goOnChance = 0.85

/** Where the autopilot is: in a field, and in the body at a caret. */
export interface Place {
  readonly field: Field
  readonly caret?: Caret
}

/** What moves a person. */
export interface Autopilot {
  readonly place: Place
  readonly isOn: boolean
  readonly setOn: (isOn: boolean) => void
}

/** Moves from field to field at random, and through the body word by word, while it is on. */
export const useAutopilot = (fields: readonly [Field, ...Array<Field>]): Autopilot => {
  const [isOn, setOn] = useState(true)
  const [place, setPlace] = useState(() => pick(fields, undefined))
  useEffect(() => {
    if (!isOn) return
    const { caret } = place
    const timer =
      caret !== undefined && Math.random() < goOnChance
        ? setTimeout(
            () => setPlace({ ...place, caret: nextCaret(caret, Math.random()) }),
            between(wordMin, wordMax)
          )
        : setTimeout(() => setPlace(pick(fields, place.field)), between(stayMin, stayMax))
    return () => clearTimeout(timer)
  }, [fields, isOn, place])
  return { place, isOn, setOn }
}

const between = (min: number, max: number): number => min + Math.random() * (max - min)

const pick = (fields: readonly [Field, ...Array<Field>], not: Field | undefined): Place => {
  const others = fields.filter((field) => field !== not)
  const field = others[Math.floor(Math.random() * others.length)] ?? fields[0]
  return field === bodyField ? { field, caret: caretAnywhere(Math.random()) } : { field }
}
