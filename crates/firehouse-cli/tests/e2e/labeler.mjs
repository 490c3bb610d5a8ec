// A labeler: the official one (ozone) where there is a PostgreSQL for it, else the least of one (signer.mjs).
// Either has an account at a PDS, its key and address in its DID document, and signs what it sends.
import { Secp256k1Keypair } from '@atproto/crypto'
import { Account } from './account.mjs'
import { freePort } from './loopback.mjs'
import { postgresPrograms, startPostgres } from './postgres.mjs'
import { progress } from './process.mjs'
import { startSigner } from './signer.mjs'

/**
 * Starts one; gives {did, url, kind, label(uri, cid, {create, negate}), close()}.
 * Shape: `kind` is ozone or signer; `label` resolves when the labeler has answered. `wanted`: the kind, if it can be had.
 */
export async function startLabeler({ wanted, plc, pds, scratch, appview_url, appview_did }) {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const key = await Secp256k1Keypair.create({ exportable: true })
  const { did } = await labelerAccount(pds, key, url)
  const programs = wanted === 'ozone' ? postgresPrograms() : undefined
  const postgres = programs && (await startPostgres(programs, scratch))
  if (!postgres) {
    if (wanted === 'ozone') progress('SKIPPED: the official labeler, since there is no PostgreSQL for it; signer.mjs is the labeler')
    return { did, url, kind: 'signer', ...(await startSigner({ did, key, port })) }
  }
  const { TestOzone } = await import('@atproto/dev-env')
  const ozone = await TestOzone.create({
    port,
    plcUrl: plc.url,
    signingKey: key,
    serverDid: did,
    dbPostgresUrl: postgres.url,
    dbPostgresSchema: 'ozone',
    appviewUrl: appview_url ?? 'http://appview.invalid',
    appviewDid: appview_did ?? 'did:web:appview.invalid',
    pdsUrl: pds.url,
    pdsDid: pds.ctx.cfg.service.did,
  })
  const moderator = ozone.getModClient()
  return {
    did,
    url,
    kind: 'ozone',
    async label(uri, cid, { create = [], negate = [] }) {
      const subject = cid
        ? { $type: 'com.atproto.repo.strongRef', uri, cid }
        : { $type: 'com.atproto.admin.defs#repoRef', did: uri }
      const event = { $type: 'tools.ozone.moderation.defs#modEventLabel', createLabelVals: create, negateLabelVals: negate }
      await moderator.emitEvent({ event, subject, createdBy: ozone.moderatorAccnt.did })
    },
    async close() {
      await ozone.close()
      await postgres.close()
    },
  }
}

/** The account of a labeler: labels of a DID that no PDS hosts are shown to nobody. */
async function labelerAccount(pds, key, url) {
  const account = await Account.create(pds.url, 'labels.test', () => new Date().toISOString())
  await pds.ctx.plcClient.updateData(account.did, pds.ctx.plcRotationKey, (last) => ({
    ...last,
    verificationMethods: { ...last.verificationMethods, atproto_label: key.did() },
    services: { ...last.services, atproto_labeler: { type: 'AtprotoLabeler', endpoint: url } },
  }))
  await pds.ctx.sequencer.sequenceIdentity(account.did, account.handle)
  await account.write('app.bsky.labeler.service', { policies: { labelValues: ['spam', 'rude'] } }, 'self')
  return account
}
