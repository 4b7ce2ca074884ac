/** Which fields a path means, case by case as the App SDK tells them apart. */
import { assert, describe, it } from "@effect/vitest"
import type { Path } from "../../src/Location.ts"
import * as PresenceConfig from "../../src/PresenceConfig.ts"
import * as PresenceQuery from "../../src/PresenceQuery.ts"
import * as PresenceState from "../../src/PresenceState.ts"
import * as Roster from "../../src/Roster.ts"
import { SessionId, UserId } from "../../src/Session.ts"

const { limits } = PresenceConfig.make({})

/** Whether somebody at `at` is found by a query for `path`. */
const isFound = (path: Path, at: Path) => {
  const event: PresenceState.SessionEvent = {
    _tag: "State",
    userId: UserId.make("p-ada"),
    sessionId: SessionId.make("s"),
    locations: [{ type: "document", documentId: "drafts.book", path: at, lastActiveAt: "" }]
  }
  const { roster } = Roster.apply(Roster.empty, [event], 0, limits)
  const query = PresenceQuery.prepare({ documentId: "book", path })
  return PresenceQuery.inDocument(roster.state, query).length === 1
}

const span: Path = ["body", { _key: "block" }, "children", { _key: "span" }, "text"]

const cases: ReadonlyArray<
  readonly [name: string, path: Path, found: ReadonlyArray<Path>, not: ReadonlyArray<Path>]
> = [
  ["the document itself means everything in it", [], [[], ["title"], span], []],
  ["a field means itself and what is in it", ["body"], [["body"], ["body", "children"]], []],
  ["a field means nothing above or beside it", ["body", "children"], [], [[], ["body"], ["title"]]],
  ["a field means none whose name begins with its own", ["title"], [], [["titleImage"]]],
  [
    "an index means itself",
    ["list", 0],
    [
      ["list", 0],
      ["list", 0, "name"]
    ],
    [["list", 1]]
  ],
  [
    "a key means itself, whatever else is said of the item",
    ["list", { _key: "0" }],
    [["list", { _key: "0" }, "name"]],
    [
      ["list", { _key: "1" }, "name"],
      ["list", "0"],
      ["list", 0]
    ]
  ],
  ["a name means no key", ["list", "a"], [], [["list", { _key: "a" }]]],
  [
    "a range means itself, by both ends",
    ["body", [0, 2]],
    [
      ["body", [0, 2]],
      ["body", [0, 2], "text"]
    ],
    [
      ["body", [0, 3]],
      ["body", [0, ""]],
      ["body", [1, 2]],
      ["body", { _key: "0" }],
      ["body", 0]
    ]
  ],
  ["a key means no range", ["body", { _key: "0" }], [], [["body", [0, 2]]]],
  ["a block means the text in it", ["body", { _key: "block" }], [span], [["body"]]],
  ["a block means no text in another", ["body", { _key: "other" }], [], [span]]
]

describe("a path", () => {
  it.each(cases)("[Q3] %s", (_name, path, found, not) => {
    for (const at of found) assert.isTrue(isFound(path, at), JSON.stringify(at))
    for (const at of not) assert.isFalse(isFound(path, at), JSON.stringify(at))
  })
})
