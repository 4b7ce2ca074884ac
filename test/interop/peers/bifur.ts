/** A peer on `@sanity/bifur-client`, which does by hand what Studio does with it. */
import { randomUUID } from "node:crypto"
import { fromUrl } from "@sanity/bifur-client"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { firstValueFrom, of } from "rxjs"
import type { Person } from "../PeerProtocol.ts"
import { serve } from "./serve.ts"

const decodeEvent = Schema.decodeUnknownSync(Schema.JsonObject)

const state = Schema.Struct({
  type: Schema.Literal("state"),
  i: Schema.String,
  m: Schema.Struct({ sessionId: Schema.String, locations: Schema.Array(Schema.JsonObject) })
})
const disconnect = Schema.Struct({
  type: Schema.Literal("disconnect"),
  m: Schema.Struct({ session: Schema.String })
})
const rollCall = Schema.Struct({ type: Schema.Literal("rollCall"), session: Schema.String })
const decode = Schema.decodeUnknownOption(Schema.Union([state, disconnect, rollCall]))

await serve(({ canvasId, dataset, token, url }, say) => {
  const own = randomUUID()
  const people = new Map<string, Person>()
  let locations: ReadonlyArray<unknown> | undefined

  const name = canvasId === undefined ? dataset : `canvases/${canvasId}`
  const socketUrl = `${url.replace(/^http/, "ws")}/v2022-06-30/socket/${name}?tag=interop`
  const bifur = fromUrl(socketUrl, { token$: of(token) })

  const announce = () => {
    if (locations === undefined) return
    bifur.request("presence_announce", { data: { sessionId: own, locations } }).subscribe()
  }

  const look = (input: unknown) => {
    const event = Option.getOrUndefined(decode(input))
    switch (event?.type) {
      case "state": {
        const { sessionId, locations } = event.m
        if (sessionId === own) return
        people.set(sessionId, { userId: event.i, displayName: event.i, sessionId, locations })
        break
      }
      case "disconnect":
        people.delete(event.m.session)
        break
      case "rollCall":
        if (event.session !== own) announce()
        return
    }
    say({ type: "people", people: [...people.values()] })
  }

  const listening = bifur.listen<unknown>("presence").subscribe((event) => {
    say({ type: "event", event: decodeEvent(event) })
    look(event)
  })
  bifur.request("presence_rollcall", { session: own }).subscribe()

  return {
    report: (places) => {
      const lastActiveAt = new Date().toISOString()
      locations = places.map((place) => ({ type: "document", ...place, lastActiveAt }))
      announce()
    },
    leave: async () => {
      await firstValueFrom(bifur.request("presence_disconnect", { session: own }))
      listening.unsubscribe()
    }
  }
})
