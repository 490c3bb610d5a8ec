// Lets the scripts of this folder import packages that are installed elsewhere, so that the source tree stays free of
// node_modules. Loaded by `node --import hooks.mjs?installed=DIR`, as setup.mjs prints it.
import { registerHooks } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const HERE = pathToFileURL(import.meta.dirname + path.sep).href
const dir = new URL(import.meta.url).searchParams.get('installed')
if (!dir) throw new Error('which packages? `node setup.mjs` prints how to load this')
const installed = pathToFileURL(path.join(dir, 'package.json')).href

registerHooks({
  resolve(specifier, context, next) {
    const isPackage = !/^(\.|\/|node:|file:)/.test(specifier)
    if (!isPackage || !context.parentURL?.startsWith(HERE)) return next(specifier, context)
    return next(specifier, { ...context, parentURL: installed })
  },
})
