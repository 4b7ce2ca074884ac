import { createPresence } from "effect-sanity-presence"

const presence = createPresence({
  projectId: "demo",
  dataset: "production",
  apiHost: process.env.API_HOST,
  token: process.env.SANITY_AUTH_TOKEN
})
process.once("SIGTERM", async () => {
  await presence.close()
  console.log("left")
})
await presence.ready()

const title = { documentId: "book", path: ["title"] }
presence.reportPresence([title])
const inTitle = presence.getDocumentPresence(title)
const show = () => {
  const names = inTitle.getCurrent().map(({ user }) => user.displayName)
  if (names.length > 0) console.log(`${names.join(", ")} in the title`)
}
inTitle.subscribe(show)
show()
