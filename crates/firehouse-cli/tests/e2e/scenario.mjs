// The end-to-end test: writes the story through a PDS, waits until the AppView has it, reads everything back.
// The answers expected are those of the reference AppView: given its URL in place of firehouse's (and a /xrpc/_health of
// firehouse's shape in front of it, for the wait) all of it passes there too.
import { suite } from 'node:test'
import { flags, progress } from './process.mjs'
import { untilReadable } from './readable.mjs'
import { Reader, namer } from './reader.mjs'
import { writeStory } from './story.mjs'
import accounts from './checks/accounts.mjs'
import authorFeeds from './checks/author-feeds.mjs'
import blocks from './checks/blocks.mjs'
import graph from './checks/graph.mjs'
import lists from './checks/lists.mjs'
import paging from './checks/paging.mjs'
import posts from './checks/posts.mjs'
import profiles from './checks/profiles.mjs'
import protocol from './checks/protocol.mjs'
import reactions from './checks/reactions.mjs'
import threads from './checks/threads.mjs'
import timeline from './checks/timeline.mjs'

const USAGE = `usage: scenario.mjs --pds URL --control URL --firehouse URL --did DID [--admin-password TEXT] [--only PART]
--pds, --control and --admin-password as network.mjs prints them; --did is who firehouse is (its --did).
The PDS must have been started with --appview-url and --appview-did of the same firehouse.`

const checks = { profiles, posts, authorFeeds, threads, blocks, timeline, reactions, graph, lists, paging, accounts, protocol }

const given = flags(USAGE, {
  pds: { type: 'string', required: true },
  control: { type: 'string', required: true },
  firehouse: { type: 'string', required: true },
  did: { type: 'string', required: true },
  'admin-password': { type: 'string', default: 'admin-pass' },
  only: { type: 'string' },
})

if (given.only !== undefined && !(given.only in checks)) {
  console.error(`--only takes one of ${Object.keys(checks).join(', ')}`)
  process.exit(2)
}
const started = Date.now()
const story = await writeStory({ pds_url: given.pds, admin_password: given.admin_password })
progress(`the story is written after ${Date.now() - started} ms`)
await untilReadable({ appview_url: given.firehouse, pds_url: given.pds, control_url: given.control })

const reader = new Reader(given.firehouse, given.did)
const world = { story, reader, name: namer(story), pds_url: given.pds }
for (const [part, register] of Object.entries(checks)) {
  if (given.only === undefined || given.only === part) suite(part, () => register(world))
}
