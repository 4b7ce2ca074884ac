/** Those whose memory is measured. */
import { type Client } from "../ingest/drive.ts"
import type { join } from "../ingest/ours.ts"

export type Contender = "limit" | "ours" | "yjs" | "sdk"

export type Ours = Awaited<ReturnType<typeof join>>

/**
 * Calls `use` with a client in the room, and with all of ours where it is ours. Nobody else's code is
 * loaded.
 */
export const withClient = async <A>(
  contender: Contender,
  use: <Message>(client: Client<Message>, ours?: Ours) => Promise<A>
): Promise<A> => {
  switch (contender) {
    case "limit":
      return use((await import("../ingest/limit.ts")).makeClient())
    case "yjs":
      return use((await import("../ingest/yjs.ts")).makeClient())
    case "sdk":
      return use((await (await import("../ingest/sdk.ts")).join()).client)
    case "ours": {
      const ours = await (await import("../ingest/ours.ts")).join()
      return use(ours.client, ours)
    }
  }
}
