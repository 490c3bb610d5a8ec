// How soon after the PDS has answered createRecord can the post be read at the AppView?
// Writes posts one after another, each once the one before is readable, and prints one JSON line
// {n, p50_ms, p90_ms, p99_ms, max_ms}. The times include the polling interval and one round trip.
import { Account } from './account.mjs'
import { flags, progress, until } from './process.mjs'

const USAGE = `usage: freshness.mjs --pds URL --firehouse URL [--n 200] [--every-ms 5] [--by getPosts|getRecord] [--limit-ms 30000]`

const given = flags(USAGE, {
  pds: { type: 'string', required: true },
  firehouse: { type: 'string', required: true },
  n: { type: 'string', default: '200' },
  'every-ms': { type: 'string', default: '5' },
  by: { type: 'string', default: 'getPosts' },
  'limit-ms': { type: 'string', default: '30000' },
})
const n = Number(given.n)
const options = { every_ms: Number(given.every_ms), limit_ms: Number(given.limit_ms) }

async function isReadable({ uri }) {
  const [repo, collection, rkey] = uri.slice('at://'.length).split('/')
  const query =
    given.by === 'getRecord'
      ? `com.atproto.repo.getRecord?${new URLSearchParams({ repo, collection, rkey })}`
      : `app.bsky.feed.getPosts?${new URLSearchParams({ uris: uri })}`
  const response = await fetch(`${given.firehouse}/xrpc/${query}`)
  const body = await response.json()
  const found = given.by === 'getRecord' ? response.ok : body.posts?.length === 1
  return found ? true : undefined
}

// A name of its own, so that the probe can be run again at the same PDS.
const account = await Account.create(given.pds, `fresh-${Date.now().toString(36)}.test`, () => new Date().toISOString())
const first = await account.post('Not measured: the account itself has to arrive')
await until('the first post', () => isReadable(first), options)

const waits_ms = []
for (let i = 1; i <= n; i++) {
  const post = await account.post(`Fresh bread, loaf ${i}`)
  const answered = performance.now()
  await until(`post ${i} of ${n}`, () => isReadable(post), options)
  waits_ms.push(performance.now() - answered)
  if (i % 50 === 0) progress(`${i} of ${n} posts`)
}
waits_ms.sort((a, b) => a - b)
const quantile = (q) => Math.round(10 * waits_ms[Math.ceil(q * n) - 1]) / 10
console.log(JSON.stringify({ n, p50_ms: quantile(0.5), p90_ms: quantile(0.9), p99_ms: quantile(0.99), max_ms: quantile(1) }))
process.exit(0)
