/**
 * What nodes of a relay tell each other about, and the NATS subject of each. Pure.
 */
import { createHash } from "node:crypto"
import type { RoomAddress } from "./RoomAddress.ts"

/** What a message between nodes is about. */
export type Topic =
  /** What happens in one room. */
  | { readonly _tag: "Room"; readonly room: RoomAddress }
  /** What is meant for one node, by its id. */
  | { readonly _tag: "Node"; readonly node: string }
  /** What is meant for all nodes. */
  | { readonly _tag: "Cluster" }

/** What every subject starts with, unless told otherwise. */
export const defaultSubjectPrefix = "bifur.presence"

const prefixPattern = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/

/**
 * Whether subjects may start with this: tokens of letters, digits, dashes and underscores, with
 * dots between them, 128 characters at most.
 *
 * @example
 * isSubjectPrefix("staging.presence") // true
 */
export const isSubjectPrefix = (prefix: string): boolean =>
  prefix.length <= 128 && prefixPattern.test(prefix)

/**
 * A server ends the connection of a client whose subject does not fit into its control line (4 kB
 * by default), and names come from whoever connects: longer ones are hashed.
 */
const maxTokenLength = 200

const unsafe = /[^A-Za-z0-9_-]/g

/** By UTF-16 unit, not by character: UTF-8 would make one of all lone surrogates. */
const escape = (unit: string): string =>
  `=${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`

/**
 * One token of a subject: the part itself where it can be, `=` and four hex digits in place of each
 * other character, `=` for nothing, `=h` and a SHA-256 for what is too long. `=` starts nothing
 * else, so words such as `=canvas` are free for us.
 */
const tokenOf = (part: string): string => {
  if (part === "") return "="
  // Before it is escaped, too: a long name is not blown up first.
  const token = part.length > maxTokenLength ? undefined : part.replace(unsafe, escape)
  return token === undefined || token.length > maxTokenLength
    ? `=h${createHash("sha256").update(Buffer.from(part, "utf16le")).digest("hex")}`
    : token
}

/**
 * The NATS subject of a topic: valid, short, and no other topic's. A dataset's is
 * `<prefix>.<projectId>.<dataset>`.
 *
 * @example
 * subjectOf({ _tag: "Room", room: { _tag: "Dataset", project: "abc123", dataset: "production" } })
 * // "bifur.presence.abc123.production"
 */
export const subjectOf = (topic: Topic, prefix: string = defaultSubjectPrefix): string => {
  switch (topic._tag) {
    case "Room":
      return topic.room._tag === "Dataset"
        ? `${prefix}.${tokenOf(topic.room.project)}.${tokenOf(topic.room.dataset)}`
        : `${prefix}.=canvas.${tokenOf(topic.room.canvas)}`
    case "Node":
      return `${prefix}.=node.${tokenOf(topic.node)}`
    case "Cluster":
      return `${prefix}.=cluster`
  }
}
