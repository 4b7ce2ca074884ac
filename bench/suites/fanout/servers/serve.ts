/** What the servers have in common: they say where they listen, and what they have cost so far. */
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"

/**
 * What a server has cost.
 *
 * - `cpu`: microseconds of processor time, its own and the system's on its behalf.
 * - `waited`: microseconds that it could have run and had no core; 0 where the system doesn't say.
 * - `rss`, `heap`: bytes; `heap` counts buffers outside of it.
 */
export interface Cost {
  readonly cpu: number
  readonly waited: number
  readonly rss: number
  readonly heap: number
}

/** `cost` answers at once, `collected` once all garbage is gone. */
export type Question = "cost" | "collected"

const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))

/**
 * Enough short-lived objects, in bytes, to have been through all of the young generation. Its size is
 * V8's, whoever serves: what of it nobody has touched yet is not to count as saved.
 */
const churned = 256 * 1024 * 1024

const churn = (): number => {
  let length = 0
  for (let bytes = 0; bytes < churned; bytes += 1_024)
    length += Array.from({ length: 128 }, () => bytes).length
  return length
}

const collect = async () => {
  if (globalThis.gc === undefined) throw new Error("memory that is not collected says nothing")
  churn()
  for (let times = 0; times < 5; times++) {
    globalThis.gc()
    await pause(20)
  }
}

/** Linux says it of the main thread, in nanoseconds. */
const waited = (): number => {
  try {
    return Number(readFileSync("/proc/self/schedstat", "utf8").split(" ")[1]) / 1_000
  } catch {
    return 0
  }
}

const costNow = (): Cost => {
  const { system, user } = process.cpuUsage()
  const { external, heapUsed, rss } = process.memoryUsage()
  return { cpu: user + system, waited: waited(), rss, heap: heapUsed + external }
}

const print = (line: string) => process.stdout.write(`${line}\n`)

/** Prints the URL and answers questions, until whoever asks is gone. */
export const serve = (port: number): void => {
  createInterface({ input: process.stdin })
    .on("close", () => process.exit())
    .on("line", async (question) => {
      if (question === "collected") await collect()
      print(JSON.stringify(costNow()))
    })
  print(`http://127.0.0.1:${port}`)
}

/** The port of a server that listens. */
export const portOf = (address: { readonly port: number } | string | null | undefined): number => {
  if (typeof address === "object" && address !== null) return address.port
  throw new Error("the server does not listen on a port")
}
