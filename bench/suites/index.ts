/** All benchmarks, in the order in which they run. */
import type { Suite } from "../suite.ts"
import { bundle } from "./bundle/index.ts"
import { fanout } from "./fanout/index.ts"
import { growthSuite } from "./growth/index.ts"
import { idle } from "./idle/index.ts"
import { ingest } from "./ingest/index.ts"
import { latency } from "./latency/index.ts"
import { memory } from "./memory/index.ts"
import { react } from "./react/index.ts"
import { restart } from "./restart/index.ts"
import { scaling } from "./scaling/index.ts"
import { start } from "./start/index.ts"

export const suites: ReadonlyArray<Suite> = [
  ingest,
  growthSuite,
  bundle,
  latency,
  react,
  memory,
  idle,
  start,
  fanout,
  restart,
  scaling
]
