import type { ConnectionStatus } from "../../src/index.ts"

type Status = ConnectionStatus.ConnectionStatus

/** The kind of status in a word or two, the same for as long as the kind is. */
export const titleOfStatus = (status: Status): string => {
  switch (status._tag) {
    case "Unauthorized":
      return "Not signed in"
    case "Failed":
      return "Cannot connect"
    case "Closed":
      return "Disconnected"
    default:
      return status._tag
  }
}
