/** What was measured last, as it stands in `results/`. */
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The folder of the results. */
export const results = new URL("results/", import.meta.url)

const Stored = Schema.fromJsonString(
  Schema.Struct({
    samples: Schema.Array(
      Schema.Struct({
        scene: Schema.String,
        contender: Schema.String,
        round: Schema.Int,
        figures: Schema.Record(Schema.String, Schema.Finite)
      })
    )
  })
)

/** The samples of a suite, by its name. */
export const readStored = (suite: string) =>
  Effect.try(() => readFileSync(new URL(`${suite}.json`, results), "utf8")).pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(Stored)),
    Effect.map(({ samples }) => samples)
  )
