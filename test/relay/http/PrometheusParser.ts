/** A strict reader of Prometheus' text format, for tests: it throws where Prometheus would. */

export interface Family {
  readonly help: string
  readonly type: string
  /** By the labels as they are written, `""` without any. */
  readonly samples: Map<string, number>
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const labelPair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y

const fail = (line: string): never => {
  throw new Error(`not Prometheus: ${line}`)
}

const parseLabels = (text: string): void => {
  const names = new Set<string>()
  labelPair.lastIndex = 0
  while (labelPair.lastIndex < text.length) {
    const name = labelPair.exec(text)?.[1]
    if (name === undefined || names.has(name)) return fail(text)
    names.add(name)
  }
}

const parseValue = (text: string): number => {
  const named: { readonly [text: string]: number } = { NaN, "+Inf": Infinity, "-Inf": -Infinity }
  const value = named[text] ?? (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? Number(text) : undefined)
  return value ?? fail(text)
}

const addSample = (families: Map<string, Family>, current: string, line: string): void => {
  const [, name, labels = "", value = ""] = sampleLine.exec(line) ?? fail(line)
  const family = families.get(name ?? "")
  // All samples of a family stand together, below its two comments.
  if (family === undefined || name !== current || family.samples.has(labels)) return fail(line)
  parseLabels(labels)
  const number = parseValue(value)
  if (family.type === "counter" && !(number >= 0)) return fail(line)
  family.samples.set(labels, number)
}

/** The families by name. */
export const parsePrometheus = (text: string): Map<string, Family> => {
  if (!text.endsWith("\n")) fail("no newline at the end")
  const families = new Map<string, Family>()
  const lines = text.slice(0, -1).split("\n")
  let current = ""
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ""
    const [, name, help] = /^# HELP (\S+) (.+)$/.exec(line) ?? []
    if (name === undefined || help === undefined) {
      addSample(families, current, line)
      continue
    }
    const [, typed, type] = /^# TYPE (\S+) (counter|gauge)$/.exec(lines[++index] ?? "") ?? []
    if (typed !== name || type === undefined || !metricName.test(name)) fail(line)
    if (families.has(name) || !/^(?:[^\\]|\\[\\n])*$/.test(help)) fail(line)
    current = name
    families.set(name, { help, type: type ?? "", samples: new Map() })
  }
  for (const [name, { samples }] of families) if (samples.size === 0) fail(name)
  return families
}
