/**
 * Prometheus' text format (version 0.0.4). Pure.
 *
 * The relay's counts are plain numbers that are read when someone asks. Effect's `Metric` keeps
 * numbers of its own, for the whole process: it would have to be told each of ours first.
 */

/** The `Content-Type` of the format. */
export const prometheusType = "text/plain; version=0.0.4; charset=utf-8"

/** A value, and the labels that tell it from the others of its family. */
export interface Sample {
  readonly labels?: { readonly [name: string]: string }
  readonly value: number
}

/** A metric with all its values. Names of counters end in `_total`, others in their unit. */
export interface MetricFamily {
  readonly name: string
  readonly type: "counter" | "gauge"
  readonly help: string
  readonly samples: ReadonlyArray<Sample>
}

/** A metric with one value. */
export const metric = (
  type: MetricFamily["type"],
  name: string,
  help: string,
  value: number
): MetricFamily => ({ type, name, help, samples: [{ value }] })

const escapeHelp = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")

const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"')

const formatValue = (value: number): string => {
  if (Number.isNaN(value)) return "NaN"
  if (Number.isFinite(value)) return String(value)
  return value > 0 ? "+Inf" : "-Inf"
}

const formatLabels = (labels: Sample["labels"] = {}): string => {
  const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escapeLabel(text)}"`)
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`
}

/**
 * Families as Prometheus reads them.
 *
 * @example
 * formatMetrics([metric("gauge", "rooms", "Open rooms.", 2)])
 * // # HELP rooms Open rooms.
 * // # TYPE rooms gauge
 * // rooms 2
 */
export const formatMetrics = (families: ReadonlyArray<MetricFamily>): string =>
  families
    .flatMap(({ help, name, samples, type }) => [
      `# HELP ${name} ${escapeHelp(help)}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ labels, value }) => `${name}${formatLabels(labels)} ${formatValue(value)}`)
    ])
    .map((line) => `${line}\n`)
    .join("")
