// Lets the scripts of this folder import packages that are installed elsewhere (FIREHOUSE_E2E_DIR, or target/e2e of
// the workspace), so that the source tree stays free of node_modules. Loaded by `node --import hooks.mjs`.
import { registerHooks } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const HERE = pathToFileURL(import.meta.dirname + path.sep).href
const dir = process.env.FIREHOUSE_E2E_DIR || path.resolve(import.meta.dirname, '../../../../target/e2e')
const installed = pathToFileURL(path.join(dir, 'package.json')).href

registerHooks({
  resolve(specifier, context, next) {
    const isPackage = !/^(\.|\/|node:|file:)/.test(specifier)
    if (!isPackage || !context.parentURL?.startsWith(HERE)) return next(specifier, context)
    return next(specifier, { ...context, parentURL: installed })
  },
})
