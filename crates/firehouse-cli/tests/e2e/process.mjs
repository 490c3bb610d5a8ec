// What every script of this folder does with its command line and with its end.
import { parseArgs } from 'node:util'

/** Flags as an object with the dashes made underscores; a wrong one prints `usage` and ends with code 2. */
export function flags(usage, options) {
  try {
    const { values } = parseArgs({ options: { help: { type: 'boolean' }, ...options }, strict: true })
    if (values.help) {
      console.log(usage)
      process.exit(0)
    }
    for (const [name, { required }] of Object.entries(options)) {
      if (required && values[name] === undefined) throw new Error(`--${name} is missing`)
    }
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.replaceAll('-', '_'), value]))
  } catch (error) {
    console.error(`${error.message}\n${usage}`)
    process.exit(2)
  }
}

export const progress = (text) => process.stderr.write(`e2e: ${text}\n`)

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks `check` every `every_ms` until it gives something other than undefined; fails with `what` after `limit_ms`. */
export async function until(what, check, { limit_ms = 60_000, every_ms = 25 } = {}) {
  const started = Date.now()
  for (;;) {
    const found = await check()
    if (found !== undefined) return found
    if (Date.now() - started > limit_ms) throw new Error(`waited ${limit_ms} ms in vain: ${typeof what === 'function' ? what() : what}`)
    await sleep(every_ms)
  }
}

/** Ends with stdin, with SIGTERM or SIGINT, or after `ttl_seconds`, so that no server outlives who started it. */
export function endWith(close, { ttl_seconds, stdin }) {
  let ending = false
  const end = async (why) => {
    if (ending) return
    ending = true
    progress(`ending: ${why}`)
    // A server that does not close must not keep us.
    setTimeout(() => process.exit(1), 10_000).unref()
    await close()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => end(signal))
  setTimeout(() => end(`${ttl_seconds} seconds are over`), ttl_seconds * 1000).unref()
  if (stdin) process.stdin.on('end', () => end('stdin closed')).on('error', () => end('stdin broke')).resume()
}
