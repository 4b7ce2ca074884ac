/** A peer on `@sanity/sdk`. */
import {
  createSanityInstance,
  type DocumentPresence,
  getDocumentPresence,
  getPresence,
  reportPresence
} from "@sanity/sdk"
import * as Schema from "effect/Schema"
import { DocumentPerson, Person } from "../PeerProtocol.ts"
import { serve } from "./serve.ts"

// Its types describe paths as strings, which they are not: taken as the JSON that they are.
const decodeLocations = Schema.decodeUnknownSync(Person.fields.locations)
const decodeDocumentPerson = Schema.decodeUnknownSync(DocumentPerson)

const toDocumentPerson = ({ documentId, path, user }: DocumentPresence) =>
  decodeDocumentPerson({ userId: user.profile.id, documentId, path })

await serve(({ canvasId, dataset, projectId, token, url }, say) => {
  const instance = createSanityInstance({
    projectId,
    dataset,
    auth: { token, apiHost: url },
    useProjectHostname: false
  })
  const resource = canvasId === undefined ? { projectId, dataset } : { canvasId }
  const presence = getPresence(instance, { resource })
  const look = () =>
    say({
      type: "people",
      people: presence.getCurrent().map(({ locations, sessionId, user }) => ({
        userId: user.profile.id,
        displayName: user.profile.displayName,
        sessionId,
        locations: decodeLocations(locations)
      }))
    })
  const stops = [presence.subscribe(look)]
  look()

  return {
    report: (places) => reportPresence(instance, { resource, locations: [...places] }),
    watch: (documentId, path) => {
      const all = getDocumentPresence(instance, { resource, documentId })
      const below = getDocumentPresence(instance, { resource, documentId, path })
      const look = () =>
        say({
          type: "document",
          all: all.getCurrent().map(toDocumentPerson),
          below: below.getCurrent().map(toDocumentPerson)
        })
      stops.push(all.subscribe(look), below.subscribe(look))
      look()
    },
    leave: () => {
      for (const stop of stops) stop()
      instance.dispose()
    }
  }
})
