// The least of a labeler: labels in memory, signed with its key, sent by the official XRPC server.
import { schemas } from '@atproto/api'
import { encode } from '@atproto/lex-cbor'
import { createServer } from '@atproto/xrpc-server'
import express from 'express'

const NSID = 'com.atproto.label.subscribeLabels'

/** Listens on `port`; gives {label(uri, cid, {create, negate}), close()}. */
export async function startSigner({ did, key, port }) {
  const labels = []
  let more = Promise.withResolvers()

  const xrpc = createServer(schemas)
  xrpc.streamMethod(NSID, async function* ({ params, signal }) {
    const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve))
    for (let seq = params.cursor ?? labels.length; !signal.aborted; ) {
      const waited = more.promise
      while (seq < labels.length) yield { $type: `${NSID}#labels`, seq: ++seq, labels: [labels[seq - 1]] }
      await Promise.race([waited, stopped])
    }
  })
  // Streams are served by the application that the methods are mounted on.
  const app = express()
  app.use(xrpc.router)
  const server = await new Promise((resolve, reject) => {
    const server = app.listen(port, () => resolve(server))
    server.once('error', reject)
  })
  return {
    async label(uri, cid, { create = [], negate = [] }) {
      for (const val of [...create, ...negate]) {
        const label = { ver: 1, src: did, uri, ...(cid && { cid }), val, ...(negate.includes(val) && { neg: true }), cts: new Date().toISOString() }
        labels.push({ ...label, sig: await key.sign(encode(label)) })
      }
      more.resolve()
      more = Promise.withResolvers()
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
