// A feed generator: a did:web with a #bsky_fg service that answers getFeedSkeleton with what it was told, and remembers who asked.
import http from 'node:http'
import { LOOPBACK, freePort } from '../loopback.mjs'

/** Gives {did, show(skeleton), asked, close()}. `asked`: {url, authorization, language} of each question. */
export async function startGenerator() {
  const port = await freePort()
  const did = `did:web:localhost%3A${port}`
  let skeleton = { feed: [] }
  const asked = []
  const document = {
    '@context': ['https://www.w3.org/ns/did/v1'],
    id: did,
    service: [{ id: '#bsky_fg', type: 'BskyFeedGenerator', serviceEndpoint: `http://localhost:${port}` }],
  }
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, did.replace('did:web:', 'http://').replace('%3A', ':'))
    const send = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (url.pathname === '/.well-known/did.json') return send(200, document)
    if (url.pathname !== '/xrpc/app.bsky.feed.getFeedSkeleton') return send(404, { error: 'NotFound' })
    asked.push({ url, authorization: request.headers.authorization, language: request.headers['accept-language'] })
    const start = Number(url.searchParams.get('cursor') ?? 0)
    const limit = Number(url.searchParams.get('limit') ?? 50)
    const feed = skeleton.feed.slice(start, start + limit)
    const more = start + limit < skeleton.feed.length
    send(200, { ...skeleton, feed, ...(more && { cursor: String(start + limit) }) })
  })
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, LOOPBACK, resolve))
  return {
    did,
    asked,
    show: (shown) => (skeleton = shown),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
