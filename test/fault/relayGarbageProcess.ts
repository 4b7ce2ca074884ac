/** The relay that garbage is sent to, in a process of its own, with a real person in it. */
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { Method } from "../../src/bifur/BifurEvent.ts"
import { encodeRequest } from "../../src/bifur/JsonRpc.ts"
import type { PresenceState } from "../../src/index.ts"
import type { RelayOptions } from "../../src/relay/RelayOptions.ts"
import { parsePrometheus } from "../relay/http/PrometheusParser.ts"
import { eventually } from "../relay/RawSocket.ts"
import * as RelayClient from "../relay/RelayClient.ts"
import { enter, sessionIn, until } from "./observe.ts"
import type { Report } from "./relayGarbageServer.ts"

const server = fileURLToPath(new URL("relayGarbageServer.ts", import.meta.url))

const isReport = (message: unknown): message is Report =>
  typeof message === "object" && message !== null && "heap" in message

const hasUrl = (message: unknown): message is { readonly url: string } =>
  typeof message === "object" && message !== null && "url" in message

/** Starts it; it ends with the scope. What it writes to stderr is kept: it should be nothing. */
export const startRelay = Effect.fnUntraced(function* (options: RelayOptions) {
  const errors: Array<string> = []
  const started = yield* Deferred.make<string>()
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      fork(server, [JSON.stringify(options)], {
        execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
        stdio: ["ignore", "ignore", "pipe", "ipc"]
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  child.stderr?.on("data", (data) => errors.push(String(data)))
  child.on("message", (message) => {
    if (hasUrl(message)) Deferred.doneUnsafe(started, Effect.succeed(message.url))
  })
  child.on("exit", (code) =>
    Deferred.doneUnsafe(started, Effect.die(new Error(`the relay ended with ${code}`)))
  )
  const ended = Effect.callback<never>((resume) => {
    child.once("exit", (code, signal) =>
      resume(Effect.die(new Error(`the relay ended with ${code ?? signal}: ${errors.join("")}`)))
    )
  })
  const url = yield* Deferred.await(started)
  const metrics = Effect.promise(async () => {
    const families = parsePrometheus(
      await (await fetch(`${url}/metrics`, { headers: { connection: "close" } })).text()
    )
    return (name: string, labels = ""): number =>
      families.get(`sanity_presence_relay_${name}`)?.samples.get(labels) ?? Number.NaN
  })
  const report = Effect.callback<Report>((resume) => {
    const take = (message: unknown): void => {
      if (!isReport(message)) return
      child.off("message", take)
      resume(Effect.succeed(message))
    }
    child.on("message", take)
    child.send("report")
  })
  return {
    url,
    metrics,
    report,
    /** Fails when the relay ends. */
    ended,
    /** Waits until it has no more sockets than these, and all sessions but one have left. */
    quiet: (sockets: number) =>
      eventually(`${sockets} sockets`, async () => {
        const now = await Effect.runPromise(report)
        const read = await Effect.runPromise(metrics)
        return now.sockets <= sockets && read("sessions") === 1
      }),
    /** It is up, and nothing went wrong that it did not foresee. */
    check: Effect.sync(() => {
      assert.isNull(child.exitCode)
      assert.isNull(child.signalCode)
      assert.strictEqual(errors.join(""), "")
    })
  }
})

const stepIn = (state: PresenceState.PresenceState): number =>
  Number(sessionIn(state, "p-mover", "mover")?.locations[0]?.documentId ?? 0)

/** Someone who moves, and someone who has to see every move within 2 s; `move` waits for that. */
export const makeRoom = Effect.fnUntraced(function* (url: string) {
  const mover = yield* RelayClient.join(url, "p-mover")
  const watcher = yield* enter(url, "p-watcher")
  yield* watcher.ready
  let step = 0
  let slowest = 0
  const move = Effect.gen(function* () {
    const mine = ++step
    const locations = [{ type: "document", documentId: `${mine}`, path: [], lastActiveAt: "" }]
    mover.send(
      encodeRequest(`step-${mine}`, Method.announce, { data: { sessionId: "mover", locations } })
    )
    slowest = Math.max(
      slowest,
      yield* until(watcher, `move ${mine}`, (state) => stepIn(state) === mine)
    )
    yield* mover.waiting
    // People do not move faster; what is faster is conflated.
    yield* Effect.sleep("100 millis")
  })
  return { move, moves: () => step, slowest: () => slowest }
})
