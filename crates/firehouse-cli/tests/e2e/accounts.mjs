// Accounts that change, at two real PDSes and a labeler: what does firehouse answer, and how soon?
// Starts all of it, firehouse included; every change is timed from the answer of who made it until firehouse's answers show it.
// Prints one JSON line {n, labeler, changes: {NAME: {p50_ms, max_ms}}}; fails when a change does not show at all.
import { Account } from './account.mjs'
import { Asker } from './asker.mjs'
import { liveThrough } from './changes.mjs'
import { flags, progress, until } from './process.mjs'
import { untilReadable } from './readable.mjs'
import { freeIdentity, startFirehouse, startNetwork } from './servers.mjs'
import { moveUnseen } from './unseen-move.mjs'

const USAGE = `usage: accounts.mjs [--binary FILE] [--n 3] [--max-ms N] [--every-ms 5] [--limit-ms 60000] [--labeler ozone|signer]
--binary: firehouse, by default the one that was built last; --n: accounts that live through everything, one after another;
--max-ms: fail, too, when a change takes longer than this; --every-ms: pause between two questions; --limit-ms: give up then.`

const given = flags(USAGE, {
  binary: { type: 'string' },
  n: { type: 'string', default: '3' },
  'max-ms': { type: 'string', default: 'Infinity' },
  'every-ms': { type: 'string', default: '5' },
  'limit-ms': { type: 'string', default: '60000' },
  labeler: { type: 'string', default: 'ozone' },
})
const [n, max_ms] = [Number(given.n), Number(given.max_ms)]
const admin_password = 'password of this story'

const identity = await freeIdentity()
const network = await startNetwork(identity, { labeler: given.labeler })
const firehouse = startFirehouse(identity, network, { binary: given.binary, admin_password })
const ask = new Asker(identity.url, network.labeler.did, admin_password)

const waits_ms = new Map()
/** Makes a change, waits until all `facts` of what it gave are true, and notes how long that took. Gives what it gave. */
async function seen(name, change, facts) {
  const changed = await change()
  const answered = performance.now()
  let wrong = []
  const check = async () => {
    wrong = Object.entries(await facts(changed)).filter(([, holds]) => !holds)
    return wrong.length === 0 ? true : undefined
  }
  const what = () => `${name}: ${wrong.map(([fact]) => fact).join(', ')}`
  await until(what, check, { every_ms: Number(given.every_ms), limit_ms: Number(given.limit_ms) })
  waits_ms.set(name, [...(waits_ms.get(name) ?? []), performance.now() - answered])
  return changed
}
const untilReadableFrom = (pds_url) => untilReadable({ appview_url: identity.url, pds_url, control_url: network.control })
const untilAllIsReadable = async () => {
  for (const pds_url of network.pds) await untilReadableFrom(pds_url)
}

await untilAllIsReadable()
const now = () => new Date().toISOString()
const friend = await Account.create(network.pds[1], 'gaby.two.test', now)
for (let i = 1; i <= n; i++) {
  const create = () => Account.create(network.pds[0], `mover${i}.test`, now)
  const account = await seen('new account', create, async ({ did, handle }) => ({
    'profile with its handle': (await ask.profile(did)).handle === handle,
  }))
  await liveThrough({ account, friend, network, ask, seen, untilAllIsReadable })
  progress(`account ${i} of ${n} has lived through everything`)
}
const unseen = await Account.create(network.pds[0], 'unseen.test', now)
await moveUnseen({ account: unseen, network, ask, seen, untilReadableFrom })
const fetched = await ask.metric('firehouse_backfill_requests_total', 'getRepo"')
if (fetched > 0) throw new Error(`${fetched} repos were fetched, although no commit was missed`)

const changes = {}
for (const [name, waits] of waits_ms) {
  waits.sort((a, b) => a - b)
  const quantile = (q) => Math.round(waits[Math.ceil(q * waits.length) - 1])
  changes[name] = { p50_ms: quantile(0.5), max_ms: quantile(1) }
}
console.log(JSON.stringify({ n, labeler: network.labeler.kind, changes }))
const late = Object.keys(changes).filter((name) => changes[name].max_ms > max_ms)
if (late.length > 0) progress(`later than ${max_ms} ms: ${late.join(', ')}`)
await firehouse.stop()
await network.stop()
process.exit(late.length > 0 ? 1 : 0)
