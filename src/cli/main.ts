#!/usr/bin/env node
/**
 * Starts the command line, or says what it lacks: its packages are optional to who only uses the library.
 */
import * as NodeModule from "node:module"
import { homedir } from "node:os"
import { compileCache } from "./compileCache.ts"

// Half of the time until a command does something is compiling what the last one compiled already.
const cache = compileCache({ home: homedir, env: process.env, uid: process.getuid?.() })
if (cache !== undefined) NodeModule.enableCompileCache?.(cache)

const missing = /Cannot find package '([^']+)'/

try {
  await import("./run.ts")
} catch (error) {
  const name = error instanceof Error ? missing.exec(error.message)?.[1] : undefined
  if (name === undefined) throw error
  process.stderr.write(`sanity-presence: ${name} is missing. Install it: npm install ${name}\n`)
  process.exitCode = 1
}
