/** A peer's side of the pipe: carries out the commands that come in, one after the other. */
import { createInterface } from "node:readline"
import * as Schema from "effect/Schema"
import { Command, type Join, type Message, type Place } from "../PeerProtocol.ts"

/** A client in a room. */
export interface Client {
  readonly report: (places: ReadonlyArray<Place>) => void
  readonly watch?: (documentId: string, path: Place["path"]) => void
  /** Says goodbye, and stops telling what it sees. */
  readonly leave: () => void | Promise<void>
}

export type Say = (message: Message) => void

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Command))

const say: Say = (message) => void process.stdout.write(`${JSON.stringify(message)}\n`)

/** Runs until stdin ends, so that a peer never outlives who started it. */
export const serve = async (join: (options: Join, say: Say) => Client): Promise<void> => {
  let client: Client | undefined
  const lines = createInterface({ input: process.stdin })
  lines.once("close", () => process.exit())
  say({ type: "ready" })
  for await (const line of lines) {
    const command = decode(line)
    switch (command.type) {
      case "join":
        client = join(command, say)
        break
      case "report":
        client?.report(command.places)
        break
      case "watch":
        client?.watch?.(command.documentId, command.path)
        break
      case "leave":
        await client?.leave()
        client = undefined
        break
    }
    say({ type: "done" })
  }
}
