import { keepIdentical } from "./keepIdentical.ts"

/**
 * A function that computes anew only for other arguments than the last time. Pure, where the function
 * is.
 */
export const rememberLast = <Args extends ReadonlyArray<unknown>, A>(
  f: (...args: Args) => A
): ((...args: Args) => A) => {
  let last: { readonly args: Args; readonly result: A } | undefined
  return (...args) => {
    if (last === undefined || keepIdentical(last.args, args) === args) {
      last = { args, result: f(...args) }
    }
    return last.result
  }
}
