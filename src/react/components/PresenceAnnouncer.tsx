"use client"

import { type ReactNode, useEffect, useRef, useState } from "react"
import { type DocumentQuery, prepare } from "../../PresenceQuery.ts"
import { useDocumentRef } from "../PresenceContext.ts"
import { usePresenceForDocument } from "../usePresenceForDocument.ts"
import {
  type DescribePath,
  describeNews,
  newsBetween,
  type PresenceNews,
  topField
} from "./news.ts"
import { visuallyHidden } from "./visuallyHidden.ts"

/** The props of {@link PresenceAnnouncer}. */
export interface PresenceAnnouncerProps extends DocumentQuery {
  /** What the document is called. */
  readonly label?: string | undefined
  /** What a place is called, for who goes there; unless given, the name of the field at the top. */
  readonly describePath?: DescribePath | undefined
  /** The whole sentence, for another language or taste. An empty one is not said. */
  readonly describe?: ((news: PresenceNews) => string) | undefined
}

/** Milliseconds between two sentences at least: as long as one takes to be read out. */
const interval = 5_000

/** Milliseconds; who comes also goes somewhere, and has a name, a moment later. */
const settling = 1_000

/**
 * Says who came, left and moved, to those who can't see avatars: a live region that is not seen, polite,
 * and never chatty. What happens within five seconds is one sentence, of what is new at their end.
 *
 * @throws PresenceError where there is no `PresenceProvider` above
 *
 * @example
 * <PresenceAnnouncer documentId="book" label="A book" />
 */
export function PresenceAnnouncer(props: PresenceAnnouncerProps): ReactNode {
  const { describe: _, describePath: __, label: ___, ...query } = props
  // People of another document neither left this one nor came to it.
  return <Announcer key={prepare(useDocumentRef(query)).key} {...props} />
}

function Announcer({
  describe,
  describePath = topField,
  label,
  ...query
}: PresenceAnnouncerProps): ReactNode {
  const { presence } = usePresenceForDocument(query)
  const [sentence, setSentence] = useState("")
  const said = useRef<{ presence: typeof presence; at: number }>({ presence: [], at: -interval })
  const say = (): void => {
    const news = newsBetween(said.current.presence, presence, describePath)
    const next = describe?.(news) ?? describeNews(news, label)
    said.current = { presence, at: next === "" ? said.current.at : performance.now() }
    if (next !== "") setSentence(next)
  }
  const latest = useRef(say)
  useEffect(() => {
    latest.current = say
  })
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    if (waiting.current !== undefined || said.current.presence === presence) return
    const wait = said.current.at + interval - performance.now()
    waiting.current = setTimeout(
      () => {
        waiting.current = undefined
        latest.current()
      },
      Math.max(settling, wait)
    )
  }, [presence])
  useEffect(
    () => () => {
      clearTimeout(waiting.current)
      waiting.current = undefined
    },
    []
  )
  return (
    <div role="status" {...visuallyHidden} data-presence="announcer">
      {sentence}
    </div>
  )
}
