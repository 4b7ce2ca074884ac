/** A room, who is in it, and where one says one is. */
export { createClient } from "@liveblocks/client"
export { LiveblocksProvider, RoomProvider, useMyPresence, useOthers } from "@liveblocks/react"
