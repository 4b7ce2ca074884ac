/** What a session costs while it is there, and what it leaves behind. */
import type { Figures, Measure } from "../../suite.ts"
import { type Client, feed, inBatches, turn, verify } from "../ingest/drive.ts"
import { makeTraffic } from "../ingest/traffic.ts"
import { type Contender, type Ours, withClient } from "./clients.ts"
import { goodbyeOf, ofSomebodyElse, ownBytesOf, somebodyElse } from "./frames.ts"
import { heapUsed } from "./heap.ts"
import { subscribe, type Subscription } from "./subscriptions.ts"

/**
 * - `strangers`: sessions that come, move and leave before anything is measured, so that code is compiled
 *   and whatever is made once is there.
 * - `rest`: milliseconds before each reading of the heap, for those who let go of things by timers.
 * - `subscription`: taken to each document, after the first reading of the heap.
 */
export interface Input {
  readonly contender: Contender
  readonly sessions: number
  readonly batch: number
  readonly strangers: number
  readonly rest?: number
  readonly subscription?: Subscription
}

const warmUp = async <Message>(client: Client<Message>, { batch, strangers }: Input) => {
  const traffic = makeTraffic(strangers)
  const joins = traffic.frames("join", strangers, batch).map(ofSomebodyElse)
  const moves = traffic.frames("churn", strangers * 10, batch).map(ofSomebodyElse)
  await feed(client, inBatches([...joins, ...moves].map(client.prepare), batch))
  const expected = Array.from(
    traffic.expected(),
    ([id, place]) => [somebodyElse(id), place] as const
  )
  await verify(client, new Map(expected))
  const goodbyes = joins.map((frame) => client.prepare(goodbyeOf(frame)))
  await feed(client, inBatches(goodbyes, batch))
  await verify(client, new Map())
}

const distinctDocuments = (places: ReadonlyMap<string, string>) =>
  new Set(Array.from(places.values(), (place) => place.slice(0, place.indexOf("/")))).size

const run = async <Message>(
  client: Client<Message>,
  input: Input,
  ours?: Ours
): Promise<Figures> => {
  const { batch, rest, sessions, subscription } = input
  await warmUp(client, input)
  const traffic = makeTraffic(sessions)
  const frames = traffic.frames("join", sessions, batch)
  const joins = inBatches(frames.map(client.prepare), batch)
  const goodbyes = inBatches(
    frames.map((frame) => client.prepare(goodbyeOf(frame))),
    batch
  )
  const documents = distinctDocuments(traffic.expected())

  const before = await heapUsed(rest)
  const unsubscribe =
    subscription === undefined || ours === undefined
      ? undefined
      : subscribe(ours, subscription, documents)
  await turn()
  await feed(client, joins)
  const filled = await heapUsed(rest)
  await verify(client, traffic.expected())
  await feed(client, goodbyes)
  await unsubscribe?.()
  await turn()
  const left = await heapUsed(rest)
  await verify(client, new Map())

  // Here all frames still live: they are in none of the differences.
  const own = frames.reduce((bytes, frame) => bytes + ownBytesOf(frame), 0)
  if (joins.length !== goodbyes.length) throw new Error("not everyone left")
  return {
    beyond: (filled - before - own) / sessions,
    whole: (filled - before) / sessions,
    own: own / sessions,
    left: (left - before) / sessions
  }
}

export const measure: Measure<Input> = (input) =>
  withClient(input.contender, (client, ours) => run(client, input, ours))
