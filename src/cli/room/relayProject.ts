/**
 * The project for which a relay takes a connection. The address of a room names a dataset only: the
 * project is in the host name, or it is the relay's own.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { projectHeader } from "../../relay/SocketRequest.ts"
import { fromOptions } from "../../SanityClient.ts"
import { UsageError } from "../CommandFailure.ts"
import { noConnection } from "./noConnection.ts"
import type { RoomTarget } from "./RoomTarget.ts"
import { defaultTimeout } from "./roomSettings.ts"

/** What the relay says, if it does; Sanity says nothing. */
const askProject = (url: URL): Effect.Effect<string | undefined> =>
  Effect.tryPromise(async (signal) => {
    const answer = await fetch(url, { redirect: "manual", signal })
    await answer.body?.cancel()
    return decodeURIComponent(answer.headers.get(projectHeader) ?? "")
  }).pipe(
    Effect.option,
    Effect.map(Option.filter((project) => project !== "")),
    Effect.map(Option.getOrUndefined)
  )

/** Host names know no capitals: neither may what is compared with one. */
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/**
 * What is wrong where the relay takes the connection for another project than the one that was named, and
 * what to do; undefined where nothing is. A relay that cannot be asked is found out by the connection.
 *
 * @param socketUrl `ws:` or `wss:`
 */
export const otherProject = Effect.fnUntraced(function* (
  { relayProject }: RoomTarget,
  socketUrl: string
) {
  if (relayProject === undefined) return undefined
  const url = new URL(socketUrl)
  url.protocol = url.protocol === "wss:" ? "https:" : "http:"
  const project = yield* askProject(url)
  return project === undefined || isSame(project, relayProject)
    ? undefined
    : {
        problem: `${url.origin} takes this for the project ${project}, not ${relayProject}.`,
        advice: `The project is the first label of a relay's host name, else the relay's own: give a host that begins with "${relayProject}.", start the relay with --project ${relayProject}, or name no project.`
      }
})

/** Fails where the relay takes the connection for another project: nobody is to meet strangers. */
export const refuseOtherProject = Effect.fnUntraced(function* (
  target: RoomTarget,
  seconds: number = defaultTimeout
) {
  if (target.relayProject === undefined) return
  const { socketUrl } = yield* Effect.mapError(
    fromOptions(target.options),
    ({ message }) => new UsageError({ message })
  )
  const other = yield* Effect.timeoutOrElse(otherProject(target, socketUrl), {
    duration: `${seconds} seconds`,
    orElse: () => noConnection(seconds, `${new URL(socketUrl).host} did not answer`)
  })
  if (other === undefined) return
  return yield* new UsageError({ message: `${other.problem} ${other.advice}` })
})
