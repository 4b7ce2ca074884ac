import { connect as connectSocket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { run } from "../cli/cliProcess.ts"
import { join } from "./RelayClient.ts"

const args = ["relay", "--auth", "development", "--port", "0"] as const

const statusOf = (url: string) => Effect.promise(() => fetch(url).then(({ status }) => status))

/** A socket that has been upgraded and never reads or answers again. */
const hungClient = (url: string) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof connectSocket>>((resume) => {
      const { hostname, port } = new URL(url)
      const socket = connectSocket(Number(port), hostname, () =>
        socket.write(
          "GET /v2022-06-30/socket/production HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
      )
      socket.on("error", () => undefined)
      socket.once("data", () => resume(Effect.succeed(socket.pause())))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

describe("a relay that is told to stop", () => {
  it.live(
    "[S7] lets 300 clients go with 1012, spread over time, while it says so, and exits with 0",
    () =>
      Effect.gen(function* () {
        const cli = yield* run(...args, "--drain-time", "2")
        const url = yield* cli.url
        const clients = yield* Effect.forEach(
          Array.from({ length: 300 }, (_, index) => `p-${index}`),
          (user) => join(url, user),
          { concurrency: 20 }
        )
        yield* hungClient(url)
        const closedAt: Array<number> = []
        for (const { socket } of clients) {
          socket.on("close", () => closedAt.push(performance.now()))
        }
        assert.strictEqual(yield* statusOf(`${url}/healthz/ready`), 200)
        assert.deepEqual(closedAt, [])

        const start = performance.now()
        cli.kill("SIGTERM")
        yield* cli.printed(/Closing 301 connections/)
        assert.strictEqual(yield* statusOf(`${url}/healthz/ready`), 503)
        assert.strictEqual(yield* statusOf(`${url}/healthz/live`), 200)
        assert.isBelow(closedAt.length, 300, "closed at once")

        const { code } = yield* cli.ended
        const took = performance.now() - start
        assert.strictEqual(code, 0)
        const codes = yield* Effect.forEach(clients, ({ closed }) =>
          Effect.map(closed, (end) => end.code)
        )
        assert.deepEqual(new Set(codes), new Set([1012]))
        const first = Math.min(...closedAt)
        const spread = Math.max(...closedAt) - first
        assert.isAtLeast(spread, 1_500)
        assert.isBelow(took, 6_000)
        // No herd: never a third of them within a tenth of the time.
        for (const at of closedAt) {
          const together = closedAt.filter((other) => other >= at && other < at + 200).length
          assert.isBelow(together, 100)
        }
      })
  )

  it.live("exits at once on a second SIGINT", () =>
    Effect.gen(function* () {
      const cli = yield* run(...args, "--drain-time", "60")
      const url = yield* cli.url
      yield* Effect.forEach(Array.from({ length: 300 }), (_, n) => join(url, `p-${n}`), {
        concurrency: 20
      })
      cli.kill("SIGINT")
      yield* cli.printed(/Closing 300 connections/)
      // As npm does with the terminal's own: still the first.
      cli.kill("SIGINT")
      yield* Effect.sleep("600 millis")
      const ended = yield* Effect.forkChild(cli.ended, { startImmediately: true })
      const start = performance.now()
      cli.kill("SIGINT")
      const { code } = yield* Fiber.join(ended)
      assert.strictEqual(code, 130)
      assert.isBelow(performance.now() - start, 500)
    })
  )
})
