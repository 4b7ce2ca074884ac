/**
 * Node resolves `react` and `react-dom` to React 18 for everything that runs after this: the package,
 * the tests and Testing Library alike, so that there is one React.
 */
import { registerHooks } from "node:module"

const names = /^(react|react-dom)(?=\/|$)/

registerHooks({
  resolve: (specifier, context, next) => next(specifier.replace(names, "$1-18"), context)
})
