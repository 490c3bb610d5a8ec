// A private PostgreSQL for the official labeler, where its programs are installed, on 127.0.0.1 and without fsync.
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { LOOPBACK, freePort } from './loopback.mjs'
import { until } from './process.mjs'

/** The folder with `initdb` and `postgres`; undefined where there is none. */
export function postgresPrograms() {
  const installed = '/usr/lib/postgresql'
  const versions = fs.existsSync(installed) ? fs.readdirSync(installed).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => path.join(installed, version, 'bin')), ...(process.env.PATH ?? '').split(path.delimiter)]
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => fs.existsSync(path.join(folder, name))))
}

/** Starts a new, empty one below `folder`; gives {url, close()}. Undefined where PostgreSQL refuses to run as this user. */
export async function startPostgres(programs, folder) {
  const owner = unprivileged()
  if (owner === undefined) return undefined
  const data = path.join(folder, 'postgres')
  fs.mkdirSync(data, { mode: 0o700 })
  if (owner.uid !== undefined) {
    fs.chownSync(data, owner.uid, owner.gid)
    // It has to walk through, not to look around.
    fs.chmodSync(folder, 0o711)
  }
  const options = { ...owner, cwd: '/', encoding: 'utf8' }
  const made = spawnSync(path.join(programs, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'], options)
  if (made.status !== 0) throw new Error(`initdb: ${made.error ?? made.stderr}`)
  const port = await freePort()
  const settings = { listen_addresses: LOOPBACK, port, unix_socket_directories: '', fsync: 'off', max_connections: 50 }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  // However we end, its standard input closes, and the server is told to end, too.
  const keeper = '"$@" <&- & server=$!; cat >/dev/null; kill -QUIT $server; wait $server'
  const command = ['-c', keeper, 'keeper', path.join(programs, 'postgres'), '-D', data, ...flags]
  const server = spawn('sh', command, { ...options, stdio: ['pipe', 'ignore', 'pipe'] })
  let said = ''
  server.stderr.on('data', (chunk) => (said = (said + chunk).slice(-2_000)))
  await until(
    () => `PostgreSQL to start; it said ${said}`,
    async () => (/ready to accept connections/.test(said) ? true : server.exitCode === null ? undefined : Promise.reject(new Error(said))),
    { limit_ms: 30_000 },
  )
  return {
    url: `postgres://postgres@${LOOPBACK}:${port}/postgres`,
    async close() {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.stdin.end()
      await ended
    },
  }
}

/** Who PostgreSQL runs as: it refuses root. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {}
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return uid.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : undefined
}
