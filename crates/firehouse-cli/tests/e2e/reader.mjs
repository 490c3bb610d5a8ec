// Asks an AppView through the official client, which checks every answer against its lexicon.
import assert from 'node:assert/strict'
import http from 'node:http'
import { AtpAgent, XRPCError } from '@atproto/api'

export class Reader {
  /** `did` is who the AppView is: the audience of the tokens that viewers send. */
  constructor(url, did) {
    this.url = url
    this.did = did
    this.agent = new AtpAgent({ service: url })
  }

  /** The answer's body. `viewer` is the Account that asks, nobody when left out. */
  async read(nsid, params, viewer) {
    return (await this.answer(nsid, params, viewer)).data
  }

  /** The whole answer: {data, headers}. */
  async answer(nsid, params, viewer) {
    const headers = viewer ? { authorization: `Bearer ${await viewer.serviceToken(this.did, nsid)}` } : {}
    return this.agent.call(nsid, params, undefined, { headers })
  }

  /** The error the question is answered with; fails when it is answered at all. */
  async refusal(nsid, params, viewer) {
    try {
      await this.answer(nsid, params, viewer)
    } catch (error) {
      if (!(error instanceof XRPCError)) throw error
      return { status: error.status, error: error.error, message: error.message }
    }
    assert.fail(`${nsid} ${JSON.stringify(params)} was answered`)
  }

  /** All pages of `limit`, followed by their cursors to the end, as an array of pages. */
  async pages(nsid, params, field, limit, viewer) {
    const pages = []
    let cursor
    do {
      const page = await this.read(nsid, { ...params, limit, ...(cursor && { cursor }) }, viewer)
      assert.notEqual(page.cursor, cursor ?? '', 'a cursor must move on')
      assert.ok(pages.length < 200, 'paging does not end')
      pages.push(page[field])
      cursor = page.cursor
    } while (cursor)
    return pages
  }

  /** One plain request, without the client's help: {status, headers, body} with the bytes as they came. */
  plain(path, { method = 'GET', headers = {}, body } = {}) {
    const url = new URL(path, this.url)
    return new Promise((resolve, reject) => {
      const request = http.request(url, { method, headers, timeout: 10_000 }, (response) => {
        const chunks = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }))
      })
      request.on('timeout', () => request.destroy(new Error(`${method} ${path} takes too long`)))
      request.on('error', reject)
      request.end(body)
    })
  }
}

/** A record or view as plain JSON: without the client's classes for blobs and CIDs. */
export const json = (value) => JSON.parse(JSON.stringify(value))

/** Names the records of `uris` by the story's own names, which makes a failed comparison readable. */
export function namer(story) {
  const names = new Map()
  for (const group of ['posts', 'lists', 'reposts', 'likes', 'follows']) {
    for (const [name, { uri }] of Object.entries(story[group])) names.set(uri, name)
  }
  return (uri) => names.get(uri) ?? uri
}
