/** All spans that are made, in order. */
import * as Layer from "effect/Layer"
import * as Tracer from "effect/Tracer"

export const collectSpans = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  return { spans, layer: Layer.succeed(Tracer.Tracer, tracer) }
}

/** What a span is called, and whether and how it has ended. */
export const nameAndEnd = ({ name, status }: Tracer.NativeSpan): string =>
  `${name} ${status._tag === "Started" ? "open" : status.exit._tag}`
