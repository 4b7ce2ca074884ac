/**
 * Which room a connection asks for. Pure.
 */

/**
 * A room: that of a dataset, or that of a canvas.
 *
 * @example
 * const room: RoomAddress = { _tag: "Dataset", project: "abc123", dataset: "production" }
 */
export type RoomAddress =
  | { readonly _tag: "Dataset"; readonly project: string; readonly dataset: string }
  | { readonly _tag: "Canvas"; readonly canvas: string }

/**
 * The key of a room, for maps. The parts are kept apart: ids of projects and names of datasets
 * hold dashes, so joining them would let two rooms meet.
 *
 * @example
 * roomKey({ _tag: "Dataset", project: "demo", dataset: "production" }) // '["dataset","demo","production"]'
 */
export const roomKey = (address: RoomAddress): string =>
  address._tag === "Dataset"
    ? JSON.stringify(["dataset", address.project, address.dataset])
    : JSON.stringify(["canvas", address.canvas])

const ipv4 = /^\d{1,3}(\.\d{1,3}){3}$/

/**
 * The project that a Host header names in its first label, or undefined where it names none: a
 * bare name such as `localhost`, or an IP address.
 *
 * @example
 * projectOfHost("abc123.localhost:4000") // "abc123"
 */
export const projectOfHost = (host: string | undefined): string | undefined => {
  if (host === undefined || host.startsWith("[")) return undefined
  const name = host.replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase()
  if (ipv4.test(name)) return undefined
  const dot = name.indexOf(".")
  return dot < 1 ? undefined : name.slice(0, dot)
}
