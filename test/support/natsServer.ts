/**
 * A real nats-server on loopback, for tests: started, stopped, killed, held and restarted.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Certificates } from "./certificates.ts"
import { directory } from "./directory.ts"

/** Debian puts it where only root looks. */
const installed = ["nats-server", "/usr/sbin/nats-server"].find(
  (path) => spawnSync(path, ["--version"]).status === 0
)
const command = installed ?? "nats-server"

/**
 * Whether tests that need nats-server are skipped: where it is not installed, but never in CI,
 * where they must fail instead.
 */
export const isNatsMissing = installed === undefined && process.env["CI"] === undefined

if (isNatsMissing) {
  console.warn("Skipped without nats-server. On Debian: apt-get install nats-server")
}

export interface NatsServerOptions {
  /** Lines of its configuration file. */
  readonly config?: string
  /** With TLS, where given. */
  readonly tls?: Certificates
  /** Whether clients must show a certificate. */
  readonly verifiesClients?: boolean
  /** Makes it part of a cluster: with these servers, or the first of one. */
  readonly cluster?: ReadonlyArray<NatsServer>
}

export interface NatsServer {
  /** `nats://127.0.0.1:<port>`; the port stays over restarts. */
  readonly url: string
  readonly port: number
  /** Of its process; undefined until that runs. */
  readonly pid: () => number | undefined
  /** Where servers of its cluster meet it. */
  readonly routePort: number | undefined
  /** Asks it to end, and waits until it has. */
  readonly stop: Effect.Effect<void>
  /** Kills it. */
  readonly kill: Effect.Effect<void>
  /** Starts it again on its port, with another configuration where one is given. */
  readonly start: (config?: string) => Effect.Effect<void>
  /** Holds it: its sockets stay open, nothing is answered. */
  readonly pause: Effect.Effect<void>
  /** Lets it go on. */
  readonly resume: Effect.Effect<void>
}

const tlsConfig = ({ ca, cert, key }: Certificates, verifies: boolean) =>
  `tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${ca}", verify: ${verifies} }`

const clusterConfig = (others: ReadonlyArray<NatsServer>) => {
  const routes = others.map(({ routePort }) => `"nats://127.0.0.1:${routePort}"`)
  return `cluster { name: test, listen: "127.0.0.1:-1", routes: [${routes.join()}] }`
}

const portOf = (log: string, kind: string): number | undefined => {
  const port = new RegExp(`Listening for ${kind} connections on \\S*:(\\d+)`).exec(log)?.[1]
  return port === undefined ? undefined : Number(port)
}

/** Waits for it to listen, last of all to this kind; its log says where. */
const untilReady = (child: ChildProcess, last: string): Effect.Effect<string> =>
  Effect.callback((resume) => {
    let log = ""
    child.stderr?.on("data", (bytes: Buffer) => {
      log += bytes.toString()
      if (log.includes("Server is ready") && portOf(log, last) !== undefined) {
        resume(Effect.succeed(log))
      }
    })
    child.once("error", () =>
      resume(Effect.die("no nats-server. On Debian: apt-get install nats-server"))
    )
    child.once("exit", () => resume(Effect.die(`nats-server did not start: ${log}`)))
  })

const end = (child: ChildProcess, signal: NodeJS.Signals): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const hasEnded = child.exitCode !== null || child.signalCode !== null
    if (hasEnded || child.pid === undefined) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill(signal)
  })

/** Starts a nats-server on a free port, until the scope closes. */
export const make = Effect.fnUntraced(function* ({
  cluster,
  config = "",
  tls,
  verifiesClients = false
}: NatsServerOptions = {}): Effect.fn.Return<NatsServer, never, Scope.Scope> {
  const file = join(yield* directory, "nats.conf")
  let child: ChildProcess | undefined
  const endIt = (signal: NodeJS.Signals) =>
    Effect.suspend(() => (child === undefined ? Effect.void : end(child, signal)))
  const signal = (name: NodeJS.Signals) => Effect.sync(() => void child?.kill(name))

  const startOn = (port: number, lines: string) =>
    Effect.suspend(() => {
      const more = [
        tls === undefined ? "" : tlsConfig(tls, verifiesClients),
        cluster === undefined ? "" : clusterConfig(cluster)
      ]
      writeFileSync(file, [lines, ...more].join("\n"))
      const args = ["-a", "127.0.0.1", "-p", String(port), "-c", file]
      child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] })
      return untilReady(child, cluster === undefined ? "client" : "route")
    })

  yield* Effect.addFinalizer(() => endIt("SIGKILL"))
  const log = yield* startOn(-1, config)
  const port = portOf(log, "client")
  if (port === undefined) return yield* Effect.die("nats-server has no port")
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    pid: () => child?.pid,
    routePort: portOf(log, "route"),
    stop: endIt("SIGTERM"),
    kill: endIt("SIGKILL"),
    start: (other = config) => Effect.asVoid(startOn(port, other)),
    pause: signal("SIGSTOP"),
    resume: signal("SIGCONT")
  }
})
