// Runs one script of this folder under the right Node, installing what it needs first.
//   node run.mjs network --pds 1            (any Node from 18 on)
// Arguments, stdin, stdout and the exit code are those of the script; SIGTERM and SIGINT are passed on.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { orExplain, setup } from './setup.mjs'

const HERE = path.dirname(fileURLToPath(import.meta.url))
const [name, ...args] = process.argv.slice(2)
const script = path.join(HERE, `${name}.mjs`)
if (!name || !fs.existsSync(script)) {
  const scripts = ['network', 'scenario', 'freshness', 'accounts', 'app', 'demo']
  console.error(`usage: node run.mjs ${scripts.join('|')} [ARGUMENTS]`)
  process.exit(2)
}

const { command } = orExplain(() => setup())
const [node, ...flags] = command
const child = spawn(node, [...flags, script, ...args], { stdio: 'inherit' })
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
