/** Measures a case in a process of its own, so that no case runs on what another left behind. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Case, Figures } from "./suite.ts"

const worker = fileURLToPath(new URL("worker.ts", import.meta.url))

/** A case that gave no figures. */
export class CaseFailed extends Schema.TaggedError<CaseFailed>()("CaseFailed", {
  scene: Schema.String,
  contender: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `${this.scene}, ${this.contender}: ${this.detail}`
  }
}

const decodeFigures = Schema.decodeUnknownEffect(
  Schema.fromJsonString(Schema.Record(Schema.String, Schema.Finite))
)

const lastLine = (text: string) => text.trimEnd().split("\n").at(-1) ?? ""

/** The figures of a case, or why there are none; it is ended after `timeout` milliseconds. */
export const isolate = (
  { contender, input, module, scene }: Case,
  timeout: number
): Effect.Effect<Figures, CaseFailed> =>
  Effect.callback<string, CaseFailed>((resume) => {
    const child = execFile(
      process.execPath,
      ["--expose-gc", worker, fileURLToPath(module), JSON.stringify(input)],
      {
        timeout,
        maxBuffer: 2 ** 26,
        env: { ...process.env, NODE_ENV: "production", NODE_NO_WARNINGS: "1" }
      },
      (error, stdout, stderr) => {
        const detail = error?.killed === true ? `not done after ${timeout} ms` : stderr.trim()
        resume(
          error === null
            ? Effect.succeed(stdout)
            : Effect.fail(new CaseFailed({ scene, contender, detail: detail || error.message }))
        )
      }
    )
    return Effect.sync(() => child.kill())
  }).pipe(
    Effect.flatMap((stdout) =>
      Effect.mapError(
        decodeFigures(lastLine(stdout)),
        () => new CaseFailed({ scene, contender, detail: "it printed no figures" })
      )
    )
  )
