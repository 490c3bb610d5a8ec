// A PLC directory and one or two PDSes on 127.0.0.1, from the official packages.
// Prints one JSON line when all of it answers, and ends with stdin, with SIGTERM, or after --ttl seconds.
// `control` answers GET /last-seq with the number of the last event of each PDS,
// GET /xrpc/com.atproto.identity.resolveHandle for the accounts of all of them,
// GET /mailed-code?did=&purpose= with the code that a PDS would have sent by mail, and
// POST /label {uri, cid, create, negate} by having the labeler label.
import { LOOPBACK, freePort } from './loopback.mjs'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { startLabeler } from './labeler.mjs'
import { endWith, flags } from './process.mjs'

const USAGE = `usage: network.mjs [--pds 1|2] [--plc-port N] [--pds-port N] [--pds2-port N] [--control-port N]
                   [--appview-url URL --appview-did DID] [--labeler ozone|signer] [--ttl SECONDS] [--no-stdin]
Ports that are not given are free ones. The PDSes send app.bsky queries on to the AppView, with service-auth tokens.`

// The packages keep scratch folders under the system's; these go away with the process.
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'firehouse-e2e-'))
process.on('exit', () => fs.rmSync(scratch, { recursive: true, force: true }))
process.env.TMPDIR = scratch
process.env.LOG_ENABLED ??= 'false'
const { ADMIN_PASSWORD, TestPds, TestPlc, mockResolvers } = await import('@atproto/dev-env')

/**
 * Starts everything and gives {plc, pdses, labeler, control, describe(), close()}.
 * Shape: `pds_ports[i]` and `pds_config[i]` belong to the PDS i; accounts of the first end in `.test`, of the second in `.two.test`.
 */
export async function startNetwork({ pds_count = 1, plc_port, pds_ports = [], control_port, appview_url, appview_did, pds_config = [], labeler_kind }) {
  const plc = await TestPlc.create({ port: plc_port ?? (await freePort()) })
  const pdses = []
  for (let i = 0; i < pds_count; i++) {
    const data = path.join(scratch, `pds${i + 1}`)
    fs.mkdirSync(data)
    const pds = await TestPds.create({
      port: pds_ports[i] ?? (await freePort()),
      hostname: 'localhost',
      didPlcUrl: plc.url,
      dataDirectory: data,
      blobstoreDiskLocation: path.join(data, 'blobs'),
      serviceHandleDomains: [i === 0 ? '.test' : '.two.test'],
      ...(appview_url && { bskyAppViewUrl: appview_url, bskyAppViewDid: appview_did }),
      ...pds_config[i],
    })
    // Handles under .test are in no DNS: a PDS that looks one up asks itself.
    mockResolvers(pds.ctx.idResolver, pds)
    pdses.push(pds)
  }
  const lastSeqs = async () => {
    const entries = pdses.map(async (pds) => [pds.url, (await pds.ctx.sequencer.curr()) ?? 0])
    return Object.fromEntries(await Promise.all(entries))
  }
  const labeler = labeler_kind ? await startLabeler({ wanted: labeler_kind, plc, pds: pdses[0], scratch, appview_url, appview_did }) : undefined
  const control = await startControl(control_port ?? 0, pdses, lastSeqs, labeler)
  return {
    plc,
    pdses,
    labeler,
    control,
    lastSeqs,
    describe: () => ({
      plc: plc.url,
      pds: pdses.map((pds) => pds.url),
      firehose: pdses.map((pds) => pds.url.replace('http', 'ws')),
      handle_resolver: control.url,
      control: control.url,
      ...(labeler && { labeler: { did: labeler.did, url: labeler.url, kind: labeler.kind } }),
      admin_password: ADMIN_PASSWORD,
      pid: process.pid,
    }),
    async close() {
      await control.close()
      await labeler?.close()
      await Promise.allSettled(pdses.map((pds) => pds.close()))
      await plc.close()
    },
  }
}

async function startControl(port, pdses, lastSeqs, labeler) {
  const didOf = async (handle) => {
    for (const pds of pdses) {
      const account = await pds.ctx.accountManager.getAccount(handle, { includeDeactivated: true, includeTakenDown: true })
      if (account) return account.did
    }
  }
  const mailedCode = async (did, purpose) => {
    for (const { ctx } of pdses) {
      const account = await ctx.accountManager.getAccount(did, { includeDeactivated: true })
      if (account && !account.deactivatedAt) return ctx.accountManager.createEmailToken(did, purpose)
    }
  }
  const routes = {
    '/label': async (_, { uri, cid, create, negate }) => [200, { done: await labeler.label(uri, cid, { create, negate }) }],
    '/mailed-code': async (params) => [200, { code: await mailedCode(params.get('did'), params.get('purpose')) }],
    '/last-seq': async () => [200, { last_seq: await lastSeqs() }],
    '/xrpc/com.atproto.identity.resolveHandle': async (params) => {
      const did = await didOf((params.get('handle') ?? '').toLowerCase())
      return did ? [200, { did }] : [400, { error: 'HandleNotFound', message: 'Unable to resolve handle' }]
    },
  }
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://control')
    const sent = await new Response(Readable.toWeb(request)).text()
    const input = sent === '' ? {} : JSON.parse(sent)
    const answered = await routes[url.pathname]?.(url.searchParams, input).catch((error) => [500, { error: 'Failed', message: String(error) }])
    const [status, body] = answered ?? [404, { error: 'NotFound' }]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, LOOPBACK, resolve))
  return {
    url: `http://${LOOPBACK}:${server.address().port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

if (process.argv[1] === import.meta.filename) {
  const given = flags(USAGE, {
    pds: { type: 'string', default: '1' },
    'plc-port': { type: 'string' },
    'pds-port': { type: 'string' },
    'pds2-port': { type: 'string' },
    'control-port': { type: 'string' },
    'appview-url': { type: 'string' },
    'appview-did': { type: 'string' },
    labeler: { type: 'string' },
    ttl: { type: 'string', default: '3600' },
    'no-stdin': { type: 'boolean' },
  })
  const port = (text) => (text === undefined ? undefined : Number(text))
  const network = await startNetwork({
    pds_count: Number(given.pds),
    plc_port: port(given.plc_port),
    pds_ports: [port(given.pds_port), port(given.pds2_port)],
    control_port: port(given.control_port),
    appview_url: given.appview_url,
    appview_did: given.appview_did,
    labeler_kind: given.labeler,
  })
  endWith(() => network.close(), { ttl_seconds: Number(given.ttl), stdin: !given.no_stdin })
  console.log(JSON.stringify(network.describe()))
}
