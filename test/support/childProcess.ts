/** A process that is watched: what it printed, and how it ended. */
import type { ChildProcess } from "node:child_process"
import * as Effect from "effect/Effect"

/** How a process ended, and all that it printed. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Watched {
  readonly ended: Effect.Effect<Ended>
  /** The first match in what was printed on stdout, once it is there. */
  readonly printed: (pattern: RegExp) => Effect.Effect<string>
  /** The same of stderr. */
  readonly complained: (pattern: RegExp) => Effect.Effect<string>
}

/** Watches a process whose output goes to pipes. */
export const watch = (child: ChildProcess): Watched => {
  let stdout = ""
  let stderr = ""
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  let isOver = false
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code) => {
      isOver = true
      resolve({ code, stdout, stderr })
    })
  )
  const seen = (stream: "stdout" | "stderr") => (pattern: RegExp) =>
    Effect.callback<string>((resume) => {
      const look = () => {
        const match = pattern.exec(stream === "stdout" ? stdout : stderr)
        if (match !== null) resume(Effect.succeed(match[0]))
      }
      const fail = () => resume(Effect.die(`not printed: ${pattern}\n${stdout}${stderr}`))
      child[stream]?.on("data", look)
      child.once("close", fail)
      look()
      if (isOver) fail()
    })
  return {
    ended: Effect.promise(() => ended),
    printed: seen("stdout"),
    complained: seen("stderr")
  }
}
