/** What frames of the traffic hold. */
import { notificationMethod } from "../../../src/bifur/BifurEvent.ts"
import { encodeNotification } from "../../../src/bifur/JsonRpc.ts"
import { subscription } from "../ingest/traffic.ts"

interface StateFrame {
  readonly params: {
    readonly result: {
      readonly i: string
      readonly m: { readonly sessionId: string; readonly locations: ReadonlyArray<unknown> }
    }
  }
}

const resultOf = (frame: string) => {
  const { params }: StateFrame = JSON.parse(frame)
  return params.result
}

/** Bytes of what a `state` frame says of a session: its ids, and the JSON of its locations. */
export const ownBytesOf = (frame: string): number => {
  const { i, m } = resultOf(frame)
  return Buffer.byteLength(i + m.sessionId + JSON.stringify(m.locations))
}

/** The goodbye of whoever said this. */
export const goodbyeOf = (frame: string): string => {
  const { i, m } = resultOf(frame)
  return encodeNotification(notificationMethod, {
    subscription,
    result: { type: "disconnect", i, m: { session: m.sessionId } }
  })
}

/** Somebody who is not in the traffic. */
export const somebodyElse = (sessionId: string): string => sessionId.replace("s-", "s-x")

/** The same frame of somebody else. */
export const ofSomebodyElse = (frame: string): string => frame.replace('"s-', '"s-x')
