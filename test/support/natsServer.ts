/**
 * A real nats-server on loopback, for tests: started, stopped, killed, held and restarted.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

const command = "nats-server"

const isInstalled = spawnSync(command, ["--version"]).status === 0

/**
 * Whether tests that need nats-server are skipped: where it is not installed, but never in CI,
 * where they must fail instead.
 */
export const isNatsMissing = !isInstalled && process.env["CI"] === undefined

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
}

export interface NatsServer {
  /** `nats://127.0.0.1:<port>`; the port stays over restarts. */
  readonly url: string
  readonly port: number
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

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "nats-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const tlsConfig = ({ ca, cert, key }: Certificates, verifies: boolean) =>
  `tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${ca}", verify: ${verifies} }`

/** Waits for it to listen; the port is what it says. */
const untilReady = (child: ChildProcess): Effect.Effect<number> =>
  Effect.callback((resume) => {
    let log = ""
    child.stderr?.on("data", (bytes: Buffer) => {
      log += bytes.toString()
      const port = /Listening for client connections on [^\s]*:(\d+)/.exec(log)?.[1]
      if (port !== undefined && log.includes("Server is ready")) {
        resume(Effect.succeed(Number(port)))
      }
    })
    child.once("error", () =>
      resume(Effect.die("no nats-server. On Debian: apt-get install nats-server"))
    )
    child.once("exit", () => resume(Effect.die(`nats-server did not start: ${log}`)))
  })

const end = (child: ChildProcess, signal: NodeJS.Signals): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill(signal)
  })

/** Starts a nats-server on a free port, until the scope closes. */
export const make = Effect.fnUntraced(function* ({
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
      writeFileSync(
        file,
        tls === undefined ? lines : `${lines}\n${tlsConfig(tls, verifiesClients)}`
      )
      const args = ["-a", "127.0.0.1", "-p", String(port), "-c", file]
      child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] })
      return untilReady(child)
    })

  yield* Effect.addFinalizer(() => endIt("SIGKILL"))
  const port = yield* startOn(-1, config)
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    stop: endIt("SIGTERM"),
    kill: endIt("SIGKILL"),
    start: (other = config) => Effect.asVoid(startOn(port, other)),
    pause: signal("SIGSTOP"),
    resume: signal("SIGCONT")
  }
})

/** Files in PEM. */
export interface Certificates {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** A certificate authority and a certificate of it for loopback, good for both sides, by openssl. */
export const makeCertificates: Effect.Effect<Certificates, never, Scope.Scope> = Effect.map(
  directory,
  (path) => {
    const file = (name: string) => join(path, name)
    const openssl = (command: string) =>
      execFileSync("openssl", command.split(" "), { cwd: path, stdio: "pipe" })
    const newKey = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    writeFileSync(file("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1")
    openssl(`req -x509 ${newKey} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority`)
    openssl(`req ${newKey} -keyout key.pem -out request.pem -subj /CN=localhost`)
    openssl(
      "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -days 2 -extfile names"
    )
    const [ca, cert, key] = [file("ca.pem"), file("cert.pem"), file("key.pem")]
    return { ca, cert, key }
  }
)
