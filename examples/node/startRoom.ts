/**
 * The room of `room.ts` for a program without Effect.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { openRoom } from "./room.ts"

/** Gives the room's options and a token for it. */
export const startRoom = async () => {
  const scope = Scope.makeUnsafe()
  const { isRelay, options } = await Effect.runPromise(Scope.provide(openRoom, scope))
  return {
    options,
    token: isRelay ? "p-visitor" : process.env["SANITY_AUTH_TOKEN"],
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
