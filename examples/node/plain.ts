/**
 * Presence without any knowledge of Effect: `npm run example:plain`.
 */
import { createPresence } from "../../src/index.ts"
import { startRoom } from "./startRoom.ts"

const room = await startRoom()
const presence = createPresence({ ...room.options, token: room.token })

// Waits for the network; rejects where waiting won't help, and says what to do.
await presence.ready()

const people = presence.getPresenceLocations()
const show = () => {
  const names = people
    .getCurrent()
    .map(({ locations, user }) => `${user.displayName} in ${locations[0]?.documentId ?? "nothing"}`)
  console.log(names.length === 0 ? "nobody is here" : names.join(", "))
}
show()
const unsubscribe = people.subscribe(show)

presence.reportPresence([{ documentId: "book", path: ["title"] }])

// Says goodbye: others see it at once.
process.once("SIGINT", async () => {
  unsubscribe()
  await presence.close()
  await room.close()
})
