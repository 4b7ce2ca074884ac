/**
 * Measures one case in this process and prints its figures as the last line:
 *
 *     node bench/worker.ts <module> <input as JSON>
 */
import { pathToFileURL } from "node:url"

const [, , path = "", input = "null"] = process.argv

const { measure } = await import(pathToFileURL(path).href)
const figures: unknown = await measure(JSON.parse(input))
// Peers leave timers and sockets behind, and the parent waits for the end.
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))
