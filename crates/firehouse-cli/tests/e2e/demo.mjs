// Makes the demo recording: writes demo-town.mjs through a real PDS and keeps its firehose, byte for byte, together
// with the identities, so that firehouse can replay it with no network at all.
//   node run.mjs demo [--out DIR]     DIR defaults to deploy/demo
// Writes frames.bin.zst ([u32 little-endian length][frame bytes] each, zstd around all) and identities.jsonl.
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { decodeAll } from '@atproto/lex-cbor'
import { startNetwork } from './network.mjs'
import { Account, embedRecord, ref, rising } from './account.mjs'
import { CAST, FOLLOWS, LISTS, POSTS } from './demo-town.mjs'
import { flags, progress } from './process.mjs'

const HOUR_MS = 3600_000
// Recorded from a PDS on loopback; the name it is given in the DID documents can never be resolved.
const PDS_NAME = 'https://pds.sparrowhill.test'
const DOMAIN = 'sparrowhill.test'
const ROUND = 12

const given = flags('usage: demo.mjs [--out DIR]', {
  out: { type: 'string', default: path.resolve(import.meta.dirname, '../../../../deploy/demo') },
})
// Three days of town life up to now: the town speaks faster while it is recorded.
const now = rising(Date.now() - 72 * HOUR_MS, 5 * 60_000)

const network = await startNetwork({ pds_config: [{ serviceHandleDomains: [`.${DOMAIN}`] }] })
const [pds] = network.pdses
try {
  const town = await writeTown()
  const frames = await recordFirehose()
  const identities = await describeIdentities(Object.values(town))
  save(frames, identities)
} finally {
  await network.close()
}
process.exit(0)

async function writeTown() {
  const town = {}
  const kept = {}
  for (const [key, { name, about }] of Object.entries(CAST)) {
    town[key] = await Account.create(pds.url, `${key}.${DOMAIN}`, now)
    kept[key] = await town[key].profile({ displayName: name, description: about, avatar: await town[key].blob(key) })
  }
  progress(`${Object.keys(town).length} accounts`)
  await follow(town)
  const posts = await speak(town)
  await listUp(town)
  await thinkAgain(town, posts, kept)
  return town
}

async function follow(town) {
  for (const [key, account] of Object.entries(town)) {
    const subjects = key === 'brigade' ? Object.keys(town).filter((other) => other !== key) : ['brigade', ...FOLLOWS[key]]
    await account.writeTogether(subjects.map((subject) => ['app.bsky.graph.follow', { subject: town[subject].did }]))
  }
}

/** Writes the posts in their order; after every ROUND of them, everybody likes and reposts some. */
async function speak(town) {
  const written = {}
  const roots = new Map()
  const all = []
  for (const [who, text, { id, re, quote, image, card, lang }] of POSTS.map(([who, text, extra = {}]) => [who, text, extra])) {
    const fields = { langs: [lang ?? CAST[who].lang] }
    if (re) {
      const parent = written[re]
      fields.reply = { root: ref(roots.get(parent)), parent: ref(parent) }
    }
    if (quote) fields.embed = embedRecord(written[quote])
    if (image) fields.embed = await town[who].images(image)
    if (card) fields.embed = { $type: 'app.bsky.embed.external', external: card }
    const post = await town[who].richPost(text, fields)
    roots.set(post, re ? roots.get(written[re]) : post)
    if (id) written[id] = post
    all.push({ who, post })
    if (all.length % ROUND === 0) await react(town, all.slice(-ROUND), all.length / ROUND)
    if (all.length % 50 === 0) progress(`${all.length} of ${POSTS.length} posts`)
  }
  await react(town, all.slice(-(all.length % ROUND)), 0)
  return written
}

/** Who likes what is a matter of counting: some of everything, nothing of one's own, the same in every making. */
async function react(town, round, turn) {
  for (const [i, [key, account]] of Object.entries(town).entries()) {
    const liked = round.filter(({ who }, j) => who !== key && (i * 5 + j * 7 + turn) % 4 === 0)
    if (liked.length > 0) await account.writeTogether(liked.map(({ post }) => ['app.bsky.feed.like', { subject: ref(post) }]))
    const reposted = round.find(({ who }, j) => who !== key && (i * 3 + j + turn) % 17 === 0)
    if (reposted) await account.repost(reposted.post)
  }
}

async function listUp(town) {
  for (const [owner, name, description, members] of LISTS) {
    const list = await town[owner].list(name, 'curatelist', description)
    for (const member of members) await town[owner].listItem(list, town[member])
  }
}

/** A town also changes its mind: one edit, one deletion, one like and one follow taken back, one pin. */
async function thinkAgain({ brigade, jonas, alma, priya, station }, posts, profiles) {
  await brigade.overwrite(profiles.brigade, { pinnedPost: ref(posts.thanks) })
  await alma.overwrite(profiles.alma, { description: 'Baker. Up before the birds, asleep before the news. Employer of one cat.' })
  const typo = await jonas.post('Fuer morgen: Fahrplna wie immer.', { langs: ['de'] })
  await jonas.remove(typo)
  await priya.remove(await priya.like(posts.alibi))
  await station.remove(await station.follow(alma))
}

/** Every frame of the PDS from its first, as it came over the socket. */
async function recordFirehose() {
  const last = (await network.lastSeqs())[pds.url]
  const frames = []
  const socket = new WebSocket(`${pds.url.replace('http', 'ws')}/xrpc/com.atproto.sync.subscribeRepos?cursor=0`)
  socket.binaryType = 'arraybuffer'
  await new Promise((resolve, reject) => {
    socket.addEventListener('error', () => reject(new Error('the firehose broke')))
    socket.addEventListener('message', ({ data }) => {
      const frame = new Uint8Array(data)
      const [header, body] = decodeAll(frame)
      if (header.op !== 1) return reject(new Error(`the firehose says ${JSON.stringify(body)}`))
      frames.push(frame)
      if (body.seq >= last) resolve()
    })
  })
  socket.close()
  return frames
}

async function describeIdentities(accounts) {
  const identities = []
  for (const { did, handle } of accounts) {
    const doc = await (await fetch(`${network.plc.url}/${did}`)).json()
    for (const service of doc.service) service.serviceEndpoint = PDS_NAME
    identities.push({ did, handle, doc })
  }
  return identities
}

function save(frames, identities) {
  const parts = frames.flatMap((frame) => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(frame.length)
    return [length, frame]
  })
  const plain = Buffer.concat(parts)
  const packed = zlib.zstdCompressSync(plain, {
    pledgedSrcSize: plain.length,
    params: { [zlib.constants.ZSTD_c_compressionLevel]: 19, [zlib.constants.ZSTD_c_checksumFlag]: 1 },
  })
  fs.mkdirSync(given.out, { recursive: true })
  fs.writeFileSync(path.join(given.out, 'frames.bin.zst'), packed)
  fs.writeFileSync(path.join(given.out, 'identities.jsonl'), identities.map((identity) => JSON.stringify(identity) + '\n').join(''))
  progress(`${frames.length} frames, ${plain.length} bytes, ${packed.length} packed, ${identities.length} identities in ${given.out}`)
}
