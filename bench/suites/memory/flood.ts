/** What becomes of the heap while events pour in and nobody comes or goes. */
import type { Figures, Measure } from "../../suite.ts"
import { type Client, feed, inBatches, turn, verify } from "../ingest/drive.ts"
import { makeTraffic } from "../ingest/traffic.ts"
import { type Contender, type Ours, withClient } from "./clients.ts"
import { heapUsed } from "./heap.ts"
import { read, type Reader } from "./readers.ts"
import { subscribe, type Subscription } from "./subscriptions.ts"

/**
 * - `warmUp`: events before the first reading of the heap.
 * - `marks`: after so many events the heap is read; the last one ends it.
 * - `reader`: somebody who takes one value and never another.
 */
export interface Input {
  readonly contender: Contender
  readonly sessions: number
  readonly batch: number
  readonly warmUp: number
  readonly marks: ReadonlyArray<number>
  readonly subscription?: Subscription
  readonly reader?: Reader
}

/** Frames that are made at a time, apart from what is measured. */
const chunk = 2_500

const megabyte = 1_000_000

interface Reading {
  readonly mark: number
  readonly heap: number
}

/**
 * Kilobytes per 100,000 events, from the first mark to the last: what is made once, code above all, is
 * made before.
 */
const growthOf = (readings: ReadonlyArray<Reading>): number => {
  const [first] = readings
  const last = readings.at(-1)
  if (first === undefined || last === undefined) return Number.NaN
  return ((last.heap - first.heap) / 1_000 / (last.mark - first.mark)) * 100_000
}

const run = async <Message>(
  client: Client<Message>,
  { batch, marks, reader, sessions, subscription, warmUp }: Input,
  ours?: Ours
): Promise<Figures> => {
  const traffic = makeTraffic(sessions)
  let peak = 0
  const pour = async (events: number) => {
    for (let done = 0; done < events; done += chunk) {
      const frames = traffic.frames("churn", Math.min(chunk, events - done), batch)
      for (const messages of inBatches(inBatches(frames.map(client.prepare), batch), 10)) {
        await feed(client, messages)
        peak = Math.max(peak, process.memoryUsage.rss())
      }
    }
    await turn()
  }
  if (ours !== undefined && subscription !== undefined) {
    subscribe(ours, subscription, Math.floor(sessions / 10))
  }
  const joins = traffic.frames("join", sessions, batch).map(client.prepare)
  await feed(client, inBatches(joins, batch))
  await pour(warmUp)
  await verify(client, traffic.expected())
  // Once before it counts, so that its code is compiled.
  if (ours !== undefined && reader !== undefined) {
    const stop = read(ours, reader)
    await pour(chunk)
    await stop()
  }

  const before = await heapUsed()
  const stop = ours !== undefined && reader !== undefined ? read(ours, reader) : undefined
  await turn()
  peak = process.memoryUsage.rss()
  const figures: Record<string, number> = { "heap 0": before / megabyte }
  const readings: Array<Reading> = []
  for (const mark of marks) {
    await pour(mark - (readings.at(-1)?.mark ?? 0))
    const heap = await heapUsed()
    readings.push({ mark, heap })
    figures[`heap ${mark}`] = heap / megabyte
  }
  await verify(client, traffic.expected())
  await stop?.()
  const stopped = stop === undefined ? undefined : await heapUsed()
  return {
    ...figures,
    growth: growthOf(readings),
    peak: peak / megabyte,
    ...(stopped === undefined ? {} : { kept: (stopped - before) / 1_000 })
  }
}

export const measure: Measure<Input> = (input) =>
  withClient(input.contender, (client, ours) => run(client, input, ours))
