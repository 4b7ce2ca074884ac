import type { DecorationRegistration, Editor } from "@portabletext/editor"
import { useEffect, useRef } from "react"
import type { DocumentPresence } from "../../src/index.ts"
import { caretsOf } from "./carets.tsx"

/**
 * Draws the carets of others in an editor. One that does not move stays with its text while that is
 * edited here.
 */
export const useCarets = (editor: Editor, presence: ReadonlyArray<DocumentPresence>): void => {
  const registration = useRef<DecorationRegistration | undefined>(undefined)
  useEffect(() => {
    const registered = editor.registerDecorations({ decorations: [] })
    registration.current = registered
    return () => registered.unregister()
  }, [editor])
  useEffect(() => {
    registration.current?.update(caretsOf(presence, editor.getSnapshot().context.value))
  }, [editor, presence])
}
