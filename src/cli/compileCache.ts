/**
 * Where Node may keep what it compiled. It runs what it finds there in place of the source, and asks
 * nobody whose it is: its own choice, a folder for all users of the machine, would let any of them run
 * their code as this one.
 */
import { mkdirSync, realpathSync, type Stats, statSync } from "node:fs"
import * as Path from "node:path"

/**
 * Who asks: the home and the variables of a user, and the user's number where there are such. To ask for
 * the home throws where a container runs as a user that it does not know.
 */
export interface CacheOwner {
  readonly home: () => string
  readonly env: { readonly XDG_CACHE_HOME?: string | undefined }
  readonly uid: number | undefined
}

const writableByOthers = 0o022
const openToOthers = 0o077
const sticky = 0o1000

const root = 0

/** Whether only this user, or one who can do everything anyway, decides what is in a folder. */
const isTrusted = ({ mode, uid: owner }: Stats, uid: number): boolean =>
  (owner === uid || owner === root) && ((mode & writableByOthers) === 0 || (mode & sticky) !== 0)

const ancestors = (path: string): ReadonlyArray<string> => {
  const parent = Path.dirname(path)
  return parent === path ? [path] : [path, ...ancestors(parent)]
}

/** The nearest folder on the way that there is, by its real name. */
const nearest = (path: string): string => {
  const found = ancestors(path).find(
    (one) => statSync(one, { throwIfNoEntry: false }) !== undefined
  )
  return realpathSync(found ?? path)
}

/**
 * A folder that is this user's alone, made where it is missing. Undefined where there can be none: in a
 * home or a folder that others can write to, or of somebody else (`sudo` that keeps `HOME`).
 *
 * @example
 * compileCache({ home: () => "/home/ada", env: {}, uid: 1000 }) // "/home/ada/.cache/effect-sanity-presence"
 */
export const compileCache = ({ env, home, uid }: CacheOwner): string | undefined => {
  const { XDG_CACHE_HOME: given = "" } = env
  try {
    // A relative one is no setting, says its specification.
    const caches = Path.isAbsolute(given) ? given : Path.join(home(), ".cache")
    const folder = Path.join(caches, "effect-sanity-presence")
    if (!Path.isAbsolute(folder)) return undefined
    // Windows keeps one user out of another's home by itself.
    if (uid === undefined) {
      mkdirSync(folder, { recursive: true })
      return folder
    }
    if (!ancestors(nearest(caches)).every((one) => isTrusted(statSync(one), uid))) return undefined
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const real = realpathSync(folder)
    const { mode, uid: owner } = statSync(real)
    const isPrivate = owner === uid && (mode & openToOthers) === 0
    const isReached = ancestors(Path.dirname(real)).every((one) => isTrusted(statSync(one), uid))
    return isPrivate && isReached ? real : undefined
  } catch {
    // No home, one that can't be written to, or that is a file: without a cache, then.
    return undefined
  }
}
