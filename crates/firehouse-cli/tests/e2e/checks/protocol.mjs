// What holds for every method: errors by name, tokens, headers, and who the server says it is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import zlib from 'node:zlib'

export default function ({ story, reader }) {
  const { ada, ben } = story
  const request = async (path, options) => {
    const answer = await reader.plain(path, options)
    return { ...answer, json: JSON.parse(answer.body.toString() || 'null') }
  }
  const bearer = (token) => ({ headers: { authorization: `Bearer ${token}` } })
  const TIMELINE = '/xrpc/app.bsky.feed.getTimeline'

  test('the health page names the version', async () => {
    const { status, json } = await request('/xrpc/_health')
    assert.equal(status, 200)
    assert.equal(typeof json.version, 'string')
  })

  // The document of a did:plc is in the directory, not here.
  if (reader.did.startsWith('did:web:')) {
    test('the DID document names the AppView', async () => {
      const { status, json } = await request('/.well-known/did.json')
      assert.equal(status, 200)
      assert.equal(json.id, reader.did)
      const service = json.service.find(({ id }) => id.endsWith('#bsky_appview'))
      assert.equal(service.type, 'BskyAppView')
      assert.match(service.serviceEndpoint, /^https?:\/\//)
    })
  }

  test('an unknown actor is an invalid request', async () => {
    for (const actor of ['nobody.test', 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa']) {
      const { status, json } = await request(`/xrpc/app.bsky.actor.getProfile?actor=${actor}`)
      assert.equal(status, 400)
      assert.deepEqual(json, { error: 'InvalidRequest', message: 'Profile not found' })
    }
  })

  test('an unknown method is not implemented', async () => {
    const { status, json } = await request('/xrpc/app.bsky.feed.thereIsNoSuchMethod')
    assert.deepEqual([status, json.error], [501, 'MethodNotImplemented'])
  })

  test('wrong parameters are invalid requests', async () => {
    const queries = [
      'app.bsky.actor.getProfile',
      'app.bsky.actor.getProfile?actor=not%20an%20actor',
      'app.bsky.feed.getAuthorFeed?actor=ada.test&limit=0',
      'app.bsky.feed.getAuthorFeed?actor=ada.test&limit=101',
      'app.bsky.feed.getAuthorFeed?actor=ada.test&limit=many',
      'app.bsky.feed.getLikes?uri=not-a-uri',
      'app.bsky.feed.getPostThread?uri=at://ada.test/app.bsky.feed.post/x&depth=-1',
      `app.bsky.feed.getPosts?${Array.from({ length: 26 }, (_, i) => `uris=at://ada.test/app.bsky.feed.post/${i}`).join('&')}`,
    ]
    for (const query of queries) {
      const { status, json } = await request(`/xrpc/${query}`)
      assert.deepEqual([status, json.error], [400, 'InvalidRequest'], query)
      assert.ok(json.message.length > 0, query)
    }
  })

  test('the wrong verb is an invalid request', async () => {
    const { status, json } = await request('/xrpc/app.bsky.actor.getProfile?actor=ada.test', { method: 'POST' })
    assert.deepEqual([status, json.error], [400, 'InvalidRequest'])
  })

  test('a missing token is named', async () => {
    const { status, json } = await request(TIMELINE)
    assert.deepEqual([status, json.error], [401, 'AuthMissing'])
  })

  test('a wrong token is refused by the name of what is wrong', async () => {
    const other = 'did:web:other.example.com'
    const good = await ben.serviceToken(reader.did, 'app.bsky.feed.getTimeline')
    const [head, payload, signature] = good.split('.')
    const forged = [head, Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url')), iss: ada.did })).toString('base64url'), signature].join('.')
    const cases = [
      [[head, 'e30', signature].join('.'), 'BadJwt'],
      [await ben.serviceToken(other, 'app.bsky.feed.getTimeline'), 'BadJwtAudience'],
      [await ben.serviceToken(reader.did, 'app.bsky.actor.getProfile'), 'BadJwtLexiconMethod'],
      [forged, 'BadJwtSignature'],
    ]
    for (const [token, expected] of cases) {
      const { status, json } = await request(TIMELINE, bearer(token))
      assert.deepEqual([status, json.error], [401, expected])
    }
  })

  test('a wrong token is refused where none is needed', async () => {
    const token = await ben.serviceToken(reader.did, 'app.bsky.feed.getTimeline')
    const { status, json } = await request('/xrpc/app.bsky.actor.getProfile?actor=ada.test', bearer(token))
    assert.deepEqual([status, json.error], [401, 'BadJwtLexiconMethod'])
  })

  test('pages of other origins may read the answers', async () => {
    const origin = 'https://client.example.com'
    const { headers } = await request('/xrpc/app.bsky.actor.getProfile?actor=ada.test', { headers: { origin } })
    assert.ok(['*', origin].includes(headers['access-control-allow-origin']))
    const preflight = await request('/xrpc/app.bsky.actor.getProfile?actor=ada.test', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization,atproto-accept-labelers' },
    })
    assert.ok([200, 204].includes(preflight.status))
    assert.match(preflight.headers['access-control-allow-headers'], /\*|atproto-accept-labelers/i)
  })

  test('long answers are compressed when the client can take it', async () => {
    const path = `/xrpc/app.bsky.feed.getAuthorFeed?actor=finn.test&limit=100`
    const packed = await reader.plain(path, { headers: { 'accept-encoding': 'gzip' } })
    assert.equal(packed.headers['content-encoding'], 'gzip')
    const plain = await reader.plain(path)
    assert.equal(plain.headers['content-encoding'], undefined)
    assert.deepEqual(JSON.parse(zlib.gunzipSync(packed.body)), JSON.parse(plain.body))
    assert.ok(packed.body.length < plain.body.length / 2)
  })

  test('the applied labelers are named', async () => {
    const { headers } = await reader.plain('/xrpc/app.bsky.actor.getProfile?actor=ada.test', { headers: { 'atproto-accept-labelers': ada.did } })
    assert.equal(headers['atproto-content-labelers'], ada.did)
  })
}
