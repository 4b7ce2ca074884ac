/**
 * Where a token, or a whole relay, lets anyone in. Pure.
 */
import { createHash } from "node:crypto"
import * as Redacted from "effect/Redacted"
import type { AuthScope } from "../RelayAuth.ts"
import { TokenRefused } from "./AuthError.ts"

/**
 * The projects and canvases that are served. Where neither list is given it is all of them; where
 * one is given, it is what the two name: who limits the projects does not mean to open every canvas.
 *
 * @example
 * const admission: Admission = { projects: ["abc123"] }
 */
export interface Admission {
  /** Ids of projects. None unless given, where `canvases` are. */
  readonly projects?: ReadonlyArray<string> | undefined
  /** Ids of canvases. None unless given, where `projects` are. */
  readonly canvases?: ReadonlyArray<string> | undefined
}

/**
 * Why there is no admission; undefined where there is.
 *
 * @example
 * refusalOf({ projects: ["abc"] }, { _tag: "Canvas", canvas: "c1" }) // "wrong-canvas"
 */
export const refusalOf = (
  { canvases, projects }: Admission,
  scope: AuthScope
): Extract<TokenRefused["reason"], "wrong-project" | "wrong-canvas"> | undefined => {
  if (projects === undefined && canvases === undefined) return undefined
  switch (scope._tag) {
    case "Canvas":
      return canvases?.includes(scope.canvas) === true ? undefined : "wrong-canvas"
    case "Dataset":
      return projects?.includes(scope.project) === true ? undefined : "wrong-project"
    case "Project":
      // Who may enter some canvas may ask who they are, and over HTTP that names a project.
      return projects?.includes(scope.project) === true || (canvases?.length ?? 0) > 0
        ? undefined
        : "wrong-project"
  }
}

/** A refusal in a scope, with the project that the scope is in. */
export const refuse = (reason: TokenRefused["reason"], scope: AuthScope): TokenRefused =>
  new TokenRefused(scope._tag === "Canvas" ? { reason } : { reason, project: scope.project })

/**
 * A token's SHA-256 in hexadecimal. Looking a token up by it takes a time that says nothing about
 * the tokens that are known.
 */
export const sha256 = (token: Redacted.Redacted): string =>
  createHash("sha256").update(Redacted.value(token)).digest("hex")
