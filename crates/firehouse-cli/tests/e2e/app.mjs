// What the Bluesky app does, through a real PDS that has firehouse as its AppView: the official SDK, logged in at the PDS, reads and
// writes a timeline, threads, notifications, mutes, bookmarks, drafts, feeds, lists, starter packs and moderation.
// Starts all of it, firehouse and a feed generator included. Exit code 0 when all is right.
import { after, suite } from 'node:test'
import { Account, rising } from './account.mjs'
import { startGenerator } from './app/generator.mjs'
import bookmarks from './app/bookmarks.mjs'
import feeds from './app/feeds.mjs'
import lists from './app/lists.mjs'
import moderation from './app/moderation.mjs'
import mutes from './app/mutes.mjs'
import notifications from './app/notifications.mjs'
import own from './app/own-writes.mjs'
import packs from './app/starter-packs.mjs'
import threads from './app/threads.mjs'
import { flags, until } from './process.mjs'
import { untilReadable } from './readable.mjs'
import { basic, freeIdentity, startFirehouse, startNetwork } from './servers.mjs'

const USAGE = `usage: app.mjs [--binary FILE] [--only PART]
--binary: firehouse, by default the one that was built last.`

const checks = { own, threads, notifications, mutes, bookmarks, feeds, lists, packs, moderation }
const given = flags(USAGE, { binary: { type: 'string' }, only: { type: 'string' } })
if (given.only !== undefined && !(given.only in checks)) {
  console.error(`--only takes one of ${Object.keys(checks).join(', ')}`)
  process.exit(2)
}
const admin_password = 'password of this story'
const identity = await freeIdentity()
const network = await startNetwork(identity, { labeler: 'signer' })
const labelers = ['--default-labeler', network.labeler.did, '--moderation-did', network.labeler.did]
const firehouse = startFirehouse(identity, network, { binary: given.binary, admin_password, more: labelers })
const generator = await startGenerator()

const settle = async () => {
  for (const pds_url of network.pds) await untilReadable({ appview_url: identity.url, pds_url, control_url: network.control })
}
await settle()
const now = rising(Date.now() - 3600_000, 1_000)
const people = {}
for (const name of ['ada', 'ben', 'cleo', 'dan']) people[name] = await Account.create(network.pds[0], `${name}.test`, now)
people.eva = await Account.create(network.pds[1], 'eva.two.test', now)
for (const [name, account] of Object.entries(people)) await account.profile({ displayName: name.toUpperCase(), description: `${name} of the app` })
for (const [from, to] of [['ada', 'ben'], ['ada', 'cleo'], ['ben', 'ada'], ['cleo', 'ada'], ['eva', 'ada'], ['dan', 'ben']]) {
  await people[from].follow(people[to])
}
await settle()

/** Calls a procedure of firehouse as its administrator. */
async function command(nsid, input) {
  const headers = { ...basic(admin_password), 'content-type': 'application/json' }
  const response = await fetch(`${identity.url}/xrpc/${nsid}`, { method: 'POST', headers, body: JSON.stringify(input) })
  if (!response.ok) throw new Error(`${nsid}: ${await response.text()}`)
  return response.json()
}

const world = { ...people, network, identity, generator, settle, command, until }
for (const [part, register] of Object.entries(checks)) {
  if (given.only === undefined || given.only === part) suite(part, { concurrency: 1 }, () => register(world))
}
after(async () => {
  generator.close()
  await firehouse.stop()
  await network.stop()
})
