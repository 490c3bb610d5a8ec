// One account at a PDS, written to as a client would: through XRPC, with the official `AtpAgent`.
import { AtpAgent, RichText } from '@atproto/api'
import { picture } from './pictures.mjs'

/** Rising times for `createdAt`, `step_ms` apart, so that the order of the answers is known beforehand. */
export function rising(start_ms, step_ms) {
  let next = start_ms - step_ms
  return () => new Date((next += step_ms)).toISOString()
}

export class Account {
  /** Creates the account and logs it in. `now` gives the `createdAt` of its records. */
  static async create(pds_url, handle, now) {
    const agent = new AtpAgent({ service: pds_url })
    const password = `password of ${handle}`
    await agent.createAccount({ handle, password, email: `${handle.replaceAll('.', '-')}@example.com` })
    return new Account(agent, password, now)
  }

  constructor(agent, password, now) {
    this.agent = agent
    this.password = password
    this.now = now
    this.did = agent.session.did
    this.handle = agent.session.handle
  }

  /** Creates a record. Gives {uri, cid, record}: the record as it was sent. */
  async write(collection, fields, rkey) {
    const record = { $type: collection, createdAt: this.now(), ...fields }
    const { data } = await this.agent.com.atproto.repo.createRecord({ repo: this.did, collection, rkey, record })
    return { uri: data.uri, cid: data.cid, record }
  }

  /** Creates several records in one commit: [collection, fields] each. Gives {uri, cid, record} each. */
  async writeTogether(entries) {
    const records = entries.map(([collection, fields]) => ({ $type: collection, createdAt: this.now(), ...fields }))
    const writes = records.map((value) => ({ $type: 'com.atproto.repo.applyWrites#create', collection: value.$type, value }))
    const { data } = await this.agent.com.atproto.repo.applyWrites({ repo: this.did, writes })
    return data.results.map(({ uri, cid }, i) => ({ uri, cid, record: records[i] }))
  }

  /** Puts another record in the place of one that is there. */
  async overwrite({ uri, record }, fields) {
    const [collection, rkey] = uri.split('/').slice(-2)
    const changed = { ...record, ...fields }
    const { data } = await this.agent.com.atproto.repo.putRecord({ repo: this.did, collection, rkey, record: changed })
    return { uri: data.uri, cid: data.cid, record: changed }
  }

  async remove({ uri }) {
    const [collection, rkey] = uri.split('/').slice(-2)
    await this.agent.com.atproto.repo.deleteRecord({ repo: this.did, collection, rkey })
  }

  profile(fields) {
    return this.write('app.bsky.actor.profile', fields, 'self')
  }

  post(text, fields = {}) {
    return this.write('app.bsky.feed.post', { text, langs: ['en'], ...fields })
  }

  /** A post whose mentions, links and tags are found by the official client. */
  async richPost(text, fields = {}) {
    const rich = new RichText({ text })
    await rich.detectFacets(this.agent)
    return this.post(rich.text, { facets: rich.facets, ...fields })
  }

  reply(root, parent, text, fields = {}) {
    return this.post(text, { reply: { root: ref(root), parent: ref(parent) }, ...fields })
  }

  quote(post, text, fields = {}) {
    return this.post(text, { embed: embedRecord(post), ...fields })
  }

  like(post) {
    return this.write('app.bsky.feed.like', { subject: ref(post) })
  }

  repost(post) {
    return this.write('app.bsky.feed.repost', { subject: ref(post) })
  }

  follow(account) {
    return this.write('app.bsky.graph.follow', { subject: account.did })
  }

  block(account) {
    return this.write('app.bsky.graph.block', { subject: account.did })
  }

  list(name, purpose, description) {
    return this.write('app.bsky.graph.list', { name, purpose: `app.bsky.graph.defs#${purpose}`, description })
  }

  listItem(list, account) {
    return this.write('app.bsky.graph.listitem', { list: list.uri, subject: account.did })
  }

  /** Uploads a picture made from `word`, gives the blob. */
  async blob(word, width, height) {
    const { data } = await this.agent.uploadBlob(picture(word, width, height), { encoding: 'image/png' })
    return data.blob
  }

  /** An `app.bsky.embed.images` of one picture per [word, alternative text]. */
  async images(...words) {
    const images = []
    for (const [word, alt] of words) {
      images.push({ image: await this.blob(word, 120, 90), alt, aspectRatio: { width: 120, height: 90 } })
    }
    return { $type: 'app.bsky.embed.images', images }
  }

  /** A token in this account's name for one method of the service `aud`, as its PDS signs them. */
  async serviceToken(aud, lxm) {
    const { data } = await this.agent.com.atproto.server.getServiceAuth({ aud, lxm })
    return data.token
  }
}

/** The strong reference to a record. */
export const ref = ({ uri, cid }) => ({ uri, cid })

export const embedRecord = (record) => ({ $type: 'app.bsky.embed.record', record: ref(record) })
