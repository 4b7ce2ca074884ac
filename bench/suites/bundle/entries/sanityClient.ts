/** The client that every Sanity app has. */
export { createClient } from "@sanity/client"
