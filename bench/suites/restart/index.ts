/** A relay that restarts under 500 clients; and those who die without a goodbye. */
import type { Case, Suite, Target } from "../../suite.ts"
import type { Input as Gone } from "./gone.ts"
import type { Input as Restart } from "./restart.ts"

const restarts = [
  ["restart in good order", "ours", {}],
  ["three nodes restart in good order, one after the other", "ours", { nodes: 3 }],
  ["crash", "ours", { signal: "SIGKILL" }],
  ["crash", "ours, `backoffBase` 7 s", { signal: "SIGKILL", config: { backoffBase: "7 seconds" } }]
] as const satisfies ReadonlyArray<readonly [string, string, Partial<Restart>]>

const [[inOrder], [inTurn]] = restarts

/** How long the relay takes to notice a silent connection, in milliseconds: the least that it offers. */
const silenceTimeout = 2_000

const deaths = [
  ["killed, the relay sees it", { how: "killed" }],
  ["swallowed by the network, silence allowed for 2 s", { how: "swallowed", silenceTimeout }],
  ["killed, the server tells nobody", { how: "untold" }]
] as const satisfies ReadonlyArray<readonly [string, Gone]>

const [[killed], [swallowed], [untold]] = deaths

const cases: ReadonlyArray<Case> = [
  ...restarts.map(([scene, contender, changes]): Case => {
    const input: Restart = {
      nodes: 1,
      sessions: 500,
      processes: 5,
      signal: "SIGTERM",
      down: 2_000,
      ...changes
    }
    return { scene, contender, module: new URL("restart.ts", import.meta.url), input }
  }),
  ...deaths.map(([scene, input]): Case => ({
    scene,
    contender: "ours",
    module: new URL("gone.ts", import.meta.url),
    input
  }))
]

const target = (
  id: string,
  says: string,
  unit: string,
  [scene, figure]: readonly [scene: string, figure: string],
  most: number
): Target => ({
  id,
  says,
  unit,
  digits: unit === " s" ? 1 : 0,
  value: (round) => round(scene, "ours")?.[figure],
  limit: { most }
})

export const restart: Suite = {
  name: "restart",
  title: "Restart: 500 clients whose relay is gone for 2 s",
  rounds: 1,
  timeout: 240_000,
  cases,
  columns: [
    { figure: "back", label: "all back, s", digits: 1 },
    { figure: "seen", label: "all see all, s", digits: 1 },
    { figure: "blind", label: "one without a connection at most, s", digits: 1 },
    { figure: "attempts", label: "attempts in a second at most", digits: 0 },
    { figure: "attemptsOfOne", label: "attempts of each", digits: 1 },
    { figure: "questions", label: "questions over HTTP in a second at most", digits: 0 },
    { figure: "announces", label: "announces of one at most", digits: 0 },
    { figure: "left", label: "leaves seen", digits: 0 },
    { figure: "joined", label: "joins seen", digits: 0 }
  ],
  extra: (samples) => [
    {
      title: "From the death of a process to its leave at an observer",
      columns: [
        { figure: "gone", label: "after the death, s", digits: 2 },
        { figure: "goneAfterWord", label: "after its last word, s", digits: 2 }
      ],
      samples: samples.filter(({ figures }) => "gone" in figures)
    }
  ],
  targets: [
    target("P9", `${inOrder}: all back`, " s", [inOrder, "back"], 10),
    target("P9", `${inOrder}: leaves seen`, "", [inOrder, "left"], 0),
    target("P9", `${inOrder}: announces of one at most`, "", [inOrder, "announces"], 3),
    target("P9", `${inOrder}: attempts in a second`, "", [inOrder, "attempts"], 150),
    target("P9", `${inTurn}: leaves seen`, "", [inTurn, "left"], 0),
    target("P9", `${inTurn}: attempts in a second`, "", [inTurn, "attempts"], 150),
    target("P9", "crash: all back", " s", ["crash", "back"], 10),
    target("P9", "crash: leaves seen", "", ["crash", "left"], 0),
    target("P9", "crash: announces of one at most", "", ["crash", "announces"], 3),
    target("P9", "crash: attempts in a second", "", ["crash", "attempts"], 150),
    target("P8", `${killed}: gone`, " s", [killed, "gone"], 2),
    // Until the relay has found the silence out, nobody can say that the socket is dead.
    target("P8", `${swallowed}: gone`, " s", [swallowed, "gone"], silenceTimeout / 1_000 + 2),
    target("P8", `${untold}: gone after the last word`, " s", [untold, "goneAfterWord"], 91)
  ]
}
