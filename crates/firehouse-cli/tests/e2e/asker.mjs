// Plain questions to an AppView, each answered by what a caller would look at; a refusal is an answer like any other.
import { basic } from './servers.mjs'

export class Asker {
  /** `labeler`: whose labels are asked for. */
  constructor(url, labeler, admin_password) {
    this.url = url
    this.labeler = labeler
    this.admin_password = admin_password
  }

  async get(nsid, params) {
    const query = new URLSearchParams(Object.entries(params).flatMap(([key, value]) => [value].flat().map((one) => [key, one])))
    const response = await fetch(`${this.url}/xrpc/${nsid}?${query}`, { headers: { 'atproto-accept-labelers': this.labeler } })
    return response.json()
  }

  /** The detailed profile, or {error, message}. */
  profile(actor) {
    return this.get('app.bsky.actor.getProfile', { actor })
  }

  /** Those of these posts that are shown. */
  async posts(...uris) {
    return (await this.get('app.bsky.feed.getPosts', { uris })).posts ?? []
  }

  /** URIs of the newest posts in an author's feed. */
  async feed(actor) {
    return ((await this.get('app.bsky.feed.getAuthorFeed', { actor })).feed ?? []).map(({ post }) => post.uri)
  }

  async followers(actor) {
    return ((await this.get('app.bsky.graph.getFollowers', { actor, limit: 100 })).followers ?? []).map(({ did }) => did)
  }

  /** Whose the handle is; undefined when it is nobody's. */
  async did(handle) {
    return (await this.get('com.atproto.identity.resolveHandle', { handle })).did
  }

  async profileLabels(actor) {
    return ((await this.profile(actor)).labels ?? []).map(({ val }) => val)
  }

  async postLabels(uri) {
    return (await this.posts(uri)).flatMap(({ labels }) => labels ?? []).map(({ val }) => val)
  }

  /** What the labeler says about one subject, by queryLabels. */
  async labels(uri) {
    return (await this.get('com.atproto.label.queryLabels', { uriPatterns: uri, sources: this.labeler })).labels ?? []
  }

  /** Sum of the series of a metric that mention `text`. */
  async metric(name, text) {
    const lines = (await (await fetch(`${this.url}/metrics`)).text()).split('\n')
    const values = lines.filter((line) => line.startsWith(name) && line.includes(text)).map((line) => Number(line.split(' ').at(-1)))
    return values.reduce((sum, value) => sum + value, 0)
  }

  /** Calls a procedure as the administrator. */
  async command(nsid, input) {
    const headers = { ...basic(this.admin_password), 'content-type': 'application/json' }
    const response = await fetch(`${this.url}/xrpc/${nsid}`, { method: 'POST', headers, body: JSON.stringify(input) })
    if (!response.ok) throw new Error(`${nsid}: ${await response.text()}`)
  }
}
