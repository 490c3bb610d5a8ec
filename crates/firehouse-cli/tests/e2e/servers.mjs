// The network and firehouse as processes of their own, for a script that needs both. They end with this process.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import readline from 'node:readline'
import { LOOPBACK, freePort } from './loopback.mjs'
import { progress } from './process.mjs'

/** Where a firehouse that is not yet there will be, and who: {port, url, did}. */
export async function freeIdentity() {
  const port = await freePort()
  return { port, url: `http://localhost:${port}`, did: `did:web:localhost%3A${port}` }
}

/** Two PDSes and a labeler: what network.mjs prints, with `label`, `mailedCode`, `lastSeqs` to ask it and `stop()`. */
export async function startNetwork({ url, did }, { labeler }) {
  const script = path.join(import.meta.dirname, 'network.mjs')
  const args = ['--pds', '2', '--labeler', labeler, '--appview-url', url, '--appview-did', did]
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  // It ends when its standard input closes, which it does however we end.
  const gone = endOf(child, 'the network')
  const lines = readline.createInterface({ input: child.stdout })
  const line = await Promise.race([new Promise((resolve) => lines.once('line', resolve)), gone.then(({ how }) => Promise.reject(new Error(how)))])
  const network = JSON.parse(line)
  const control = async (path, body) => {
    const response = await fetch(`${network.control}${path}`, body && { method: 'POST', body: JSON.stringify(body) })
    const answer = await response.json()
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`)
    return answer
  }
  return {
    ...network,
    adminHeaders: basic(network.admin_password),
    label: (label) => control('/label', label),
    mailedCode: async (did, purpose) => (await control(`/mailed-code?${new URLSearchParams({ did, purpose })}`)).code,
    async stop() {
      child.stdin.end()
      await gone
    },
  }
}

/** firehouse on an empty store, following both PDSes and the labeler of `network`, with `more` flags; gives {stop()}. Its early end is ours. */
export function startFirehouse({ port, url, did }, network, { binary = newest(), admin_password, more = [] }) {
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'firehouse-accounts-'))
  process.on('exit', () => fs.rmSync(data, { recursive: true, force: true }))
  const args = ['run', '--data', data, '--listen', `${LOOPBACK}:${port}`, '--did', did, '--public-url', url, '--admin-password', admin_password]
  args.push(...network.firehose.flatMap((firehose) => ['--relay', `pds+${firehose}`]), '--labeler', network.labeler.did)
  args.push('--plc', network.plc, '--handle-resolver', network.handle_resolver, '--allow-private-addresses')
  args.push(...more)
  const env = { FIREHOUSE_LOG: 'warn', FIREHOUSE_ENGINE__LISTEN: `${LOOPBACK}:0`, ...process.env }
  const child = spawn(binary, args, { stdio: ['ignore', 'inherit', 'inherit'], env })
  let stopping = false
  process.on('exit', () => child.kill('SIGKILL'))
  const gone = endOf(child, 'firehouse').then(({ how, code }) => {
    if (stopping && code === 0) return
    progress(how)
    process.exit(1)
  })
  return {
    async stop() {
      stopping = true
      child.kill('SIGTERM')
      await gone
    },
  }
}

/** The header that an administrator sends. */
export const basic = (password) => ({ authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` })

/** The firehouse that was built last. */
function newest() {
  const target = process.env.CARGO_TARGET_DIR ?? path.resolve(import.meta.dirname, '../../../../target')
  const built = ['release', 'debug'].map((profile) => path.join(target, profile, 'firehouse')).filter((file) => fs.existsSync(file))
  if (built.length === 0) throw new Error(`no firehouse in ${target}: cargo build --release, or --binary FILE`)
  return built.sort((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs)[0]
}

/** Resolves when a child has ended, with how. */
function endOf(child, what) {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ how: `${what}: ${error.message}` }))
    child.once('exit', (code, signal) => resolve({ how: `${what} ended with ${signal ?? code}`, code }))
  })
}
