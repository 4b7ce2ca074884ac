/**
 * One step of the way into a room, and what became of it.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** A step failed: what is wrong, and what to do about it. Both are sentences. */
export class StepFailed extends Schema.TaggedError<StepFailed>()("StepFailed", {
  message: Schema.String,
  advice: Schema.String,
  kind: Schema.Literals(["failed", "usage", "unauthorized"])
}) {}

/**
 * @param advice what to do
 * @param kind which exit code says it to scripts
 */
export const stepFailed = (
  message: string,
  advice: string,
  kind: StepFailed["kind"] = "failed"
): StepFailed => new StepFailed({ message, advice, kind })

/** The steps, in their order. */
export const stepNames = [
  "settings",
  "name",
  "TCP",
  "TLS",
  "upgrade",
  "open",
  "authorize",
  "subscribe",
  "roll call"
] as const
export type StepName = (typeof stepNames)[number]

/** What became of a step; `millis` is how long it took. */
export type Outcome =
  | { readonly ok: true; readonly step: StepName; readonly millis: number; readonly detail: string }
  | {
      readonly ok: false
      readonly step: StepName
      readonly millis: number
      readonly problem: string
      readonly advice: string
    }

/** Tells of each outcome as it comes. */
export type Report<E> = (outcome: Outcome) => Effect.Effect<void, E>

/** Runs steps, reports what becomes of them, and fails with the first that fails, by its name. */
export const makeRun =
  <E>(report: Report<E>) =>
  <A, R>(
    step: StepName,
    work: Effect.Effect<A, StepFailed, R>,
    detail: (value: A) => string
  ): Effect.Effect<A, StepFailed | E, R> =>
    Effect.suspend(() => {
      const start = performance.now()
      const millis = () => Math.round(performance.now() - start)
      return Effect.matchEffect(work, {
        onSuccess: (value) =>
          Effect.as(report({ ok: true, step, millis: millis(), detail: detail(value) }), value),
        onFailure: ({ advice, kind, message }) =>
          Effect.andThen(
            report({ ok: false, step, millis: millis(), problem: message, advice }),
            stepFailed(`${step}: ${message}`, advice, kind)
          )
      })
    })
