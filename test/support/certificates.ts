/** Certificates for loopback, made when they are needed. */
import { execFileSync, spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { directory } from "./directory.ts"

/**
 * Whether tests that need openssl are skipped: where it is not installed, but never in CI, where
 * they must fail instead.
 */
export const isOpensslMissing =
  spawnSync("openssl", ["version"]).status !== 0 && process.env["CI"] === undefined

if (isOpensslMissing) console.warn("Skipped without openssl. On Debian: apt-get install openssl")

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
