import * as Schema from "effect/Schema"
import { configPath, DemoConfig } from "../config.ts"

const decode = Schema.decodeUnknownPromise(DemoConfig)

/** Asks the local server which room to join. Rejects where it does not answer. */
export const loadConfig = async (): Promise<DemoConfig> => {
  const response = await fetch(configPath)
  return decode(await response.json())
}
