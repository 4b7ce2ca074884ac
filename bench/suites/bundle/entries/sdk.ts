/** Presence without React. */
export { createSanityInstance, getDocumentPresence, getPresence, reportPresence } from "@sanity/sdk"
