/** Drives a client with the traffic of a room, verifies what it shows, and measures what it costs. */
import { deepStrictEqual } from "node:assert/strict"
import type { Figures } from "../../suite.ts"
import { type Kind, makeTraffic } from "./traffic.ts"

/** A scene, and how much of it: `warmUp` frames are not counted, `events` are. */
export interface Input {
  readonly kind: Kind
  readonly sessions: number
  readonly batch: number
  readonly events: number
  readonly warmUp: number
}

/**
 * What is measured.
 *
 * - `prepare`: turns a frame into what `deliver` takes, before the clock runs.
 * - `version`: differs after whatever a frame changed; undefined where `deliver` does all in the call.
 * - `places`: where everyone is, by session id.
 * - `isSettled`: whether all is known that had to be asked for, profiles for instance.
 */
export interface Client<Message> {
  readonly prepare: (frame: string) => Message
  readonly deliver: (message: Message) => void
  readonly version?: () => unknown
  readonly places: () => ReadonlyMap<string, string>
  readonly isSettled?: () => boolean
}

/** Of a client that takes frames as they are. */
export const asIs = (frame: string) => frame

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** How long a batch may take until it shows, in milliseconds. */
const patience = 30_000

/** Says it all, batch by batch, each when the one before shows. */
export const feed = async <Message>(
  { deliver, version }: Client<Message>,
  batches: ReadonlyArray<ReadonlyArray<Message>>
) => {
  for (const messages of batches) {
    const before = version?.()
    for (const message of messages) deliver(message)
    if (version === undefined) continue
    const start = performance.now()
    while (version() === before) {
      await turn()
      if (performance.now() - start > patience) throw new Error("a batch did not show")
    }
  }
}

export const inBatches = <A>(
  all: ReadonlyArray<A>,
  batch: number
): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / batch) }, (_, index) =>
    all.slice(index * batch, (index + 1) * batch)
  )

/** How long a client may take until it knows what it asked for, in milliseconds. */
const settling = 200_000

/** Whoever shows something else needs no measuring. Waits until all is known that was asked for. */
export const verify = async <Message>(
  client: Client<Message>,
  expected: ReadonlyMap<string, string>
) => {
  const start = performance.now()
  do {
    await turn()
    if (performance.now() - start > settling) throw new Error("what was asked for is not known")
  } while (client.isSettled?.() === false)
  const sorted = (places: ReadonlyMap<string, string>) => Array.from(places).toSorted()
  deepStrictEqual(sorted(client.places()), sorted(expected))
}

/** Microseconds per event, by the clock and of the processor. */
export const drive = async <Message>(client: Client<Message>, input: Input): Promise<Figures> => {
  const { batch, events, kind, sessions, warmUp } = input
  const traffic = makeTraffic(sessions)
  const batches = (of: Kind, count: number) =>
    inBatches(traffic.frames(of, count, batch).map(client.prepare), batch)
  if (kind !== "join") await feed(client, batches("join", sessions))
  await feed(client, batches(kind, warmUp))
  await verify(client, traffic.expected())

  const timed = batches(kind, events)
  globalThis.gc?.()
  const processor = process.cpuUsage()
  const start = performance.now()
  await feed(client, timed)
  const millis = performance.now() - start
  const { system, user } = process.cpuUsage(processor)
  await verify(client, traffic.expected())
  return { micros: (millis * 1_000) / events, processor: (user + system) / events }
}
