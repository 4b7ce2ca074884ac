/** A server of a contender as a process, and what it costs. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { startChild } from "../../processes/child.ts"
import { contenders, type ContenderKey, type Protocol } from "./protocols.ts"
import type { Cost, Question } from "./servers/serve.ts"

const decodeCost = Schema.decodeUnknownSync(
  Schema.fromJsonString(
    Schema.Struct({
      cpu: Schema.Finite,
      waited: Schema.Finite,
      rss: Schema.Finite,
      heap: Schema.Finite
    })
  )
)

export interface Server {
  readonly url: string
  readonly protocol: Protocol
  readonly ask: (question: Question) => Promise<Cost>
}

/** Starts it until the scope closes, with another input than its own and options for Node where they are given. */
export const startServer = Effect.fnUntraced(function* (
  contender: ContenderKey,
  input: unknown = contenders[contender].input,
  nodeOptions: ReadonlyArray<string> = []
): Effect.fn.Return<Server, never, Scope.Scope> {
  const { module, protocol } = contenders[contender]
  const child = yield* startChild(module, input, ["--expose-gc", ...nodeOptions])
  return {
    url: child.line,
    protocol,
    ask: async (question) => decodeCost(await Effect.runPromise(child.ask(question)))
  }
})
