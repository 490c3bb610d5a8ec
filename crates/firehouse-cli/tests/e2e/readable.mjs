// Waits until an AppView has made readable what a PDS has sent, as GET /xrpc/_health of firehouse tells it.
import { progress, until } from './process.mjs'

/** Resolves once every event the PDS has sequenced is readable; gives {seq, waited_ms}. */
export async function untilReadable({ appview_url, pds_url, control_url, limit_ms = 60_000 }) {
  const started = Date.now()
  const seq = await lastSeq(control_url, pds_url)
  const { port } = new URL(pds_url)
  let health
  await until(
    () => `seq ${seq} of ${pds_url} to become readable at ${appview_url}; it says ${JSON.stringify(health)}`,
    async () => {
      // It may be starting still, or starting again.
      health = await getJson(`${appview_url}/xrpc/_health`).catch((error) => String(error.cause ?? error))
      const upstream = health.upstreams?.find(({ url }) => new URL(url).port === port)
      return upstream && Number(upstream.seq_readable) >= seq ? upstream : undefined
    },
    { limit_ms },
  )
  const waited_ms = Date.now() - started
  progress(`seq ${seq} is readable after ${waited_ms} ms`)
  return { seq, waited_ms }
}

async function lastSeq(control_url, pds_url) {
  const { last_seq } = await getJson(`${control_url}/last-seq`)
  const seq = last_seq[pds_url]
  if (seq === undefined) throw new Error(`${control_url} knows no PDS ${pds_url}, only ${Object.keys(last_seq)}`)
  return seq
}

async function getJson(url) {
  const response = await fetch(url)
  return response.json()
}
