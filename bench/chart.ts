/** Line charts as SVG. Pure. */
import type { Chart } from "./suite.ts"

const width = 720
const height = 420
const margin = { top: 48, right: 40, bottom: 112, left: 72 }
const colours = ["#0b6e99", "#c2410c", "#4d7c0f", "#7e22ce", "#be123c", "#525252"]

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

interface Axis {
  readonly at: (value: number) => number
  readonly ticks: ReadonlyArray<number>
}

/** Ticks at 1, 2 and 5 times powers of ten, five of them or so. */
const linearTicks = (most: number): ReadonlyArray<number> => {
  const rough = most / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10) * power
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step)
}

const linear = (values: ReadonlyArray<number>, from: number, to: number): Axis => {
  const most = Math.max(...values) * 1.05
  return { at: (value) => from + (value / most) * (to - from), ticks: linearTicks(most) }
}

const logarithmic = (values: ReadonlyArray<number>, from: number, to: number): Axis => {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))
  return {
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index))
  }
}

const label = (value: number) => Number(value.toPrecision(3)).toLocaleString("en-US")

/**
 * A chart as an SVG document; its text takes the reader's colours, dark or light. The horizontal axis is
 * logarithmic, the vertical one where it is asked for.
 */
export const draw = ({ isLogarithmic = false, lines, title, x, y }: Chart): string => {
  const points = lines.flatMap((line) => line.points)
  const right = width - margin.right
  const bottom = height - margin.bottom
  const across = logarithmic(
    points.map(([value]) => value),
    margin.left,
    right
  )
  const up = (isLogarithmic ? logarithmic : linear)(
    points.map(([, value]) => value),
    bottom,
    margin.top
  )
  const text = (at: number, down: number, content: string, attributes = "") =>
    `<text x="${at.toFixed(1)}" y="${down.toFixed(1)}" ${attributes}>${escape(content)}</text>`
  const grid = up.ticks.map(
    (tick) =>
      `<path class="grid" d="M${margin.left} ${up.at(tick).toFixed(1)}H${right}"/>` +
      text(margin.left - 8, up.at(tick) + 4, label(tick), 'text-anchor="end"')
  )
  const below = across.ticks.map((tick) =>
    text(across.at(tick), bottom + 20, label(tick), 'text-anchor="middle"')
  )
  const drawn = lines.map((line, index) => {
    const colour = colours[index % colours.length] ?? "currentColor"
    const places = line.points.map(
      ([a, b]) => [across.at(a).toFixed(1), up.at(b).toFixed(1)] as const
    )
    const key = margin.left + (index % 2) * 304
    const down = bottom + 62 + Math.floor(index / 2) * 20
    return [
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${places.map((place) => place.join(",")).join(" ")}"/>`,
      ...places.map(([a, b]) => `<circle cx="${a}" cy="${b}" r="3" fill="${colour}"/>`),
      `<path stroke="${colour}" stroke-width="3" d="M${key} ${down - 4}h16"/>`,
      text(key + 22, down, line.name)
    ].join("")
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">`,
    "<style>svg{background:#fff;font:13px system-ui,sans-serif;fill:#24292f}.grid{stroke:#d0d7de}",
    "@media(prefers-color-scheme:dark){svg{background:#0d1117;fill:#e6edf3}.grid{stroke:#30363d}}</style>",
    text(margin.left, 22, title, 'font-weight="600"'),
    text(margin.left, 38, y),
    ...grid,
    ...below,
    text((margin.left + right) / 2, bottom + 40, x, 'text-anchor="middle"'),
    ...drawn,
    "</svg>\n"
  ].join("\n")
}
