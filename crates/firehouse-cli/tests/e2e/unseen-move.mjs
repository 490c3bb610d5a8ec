// An account moves to a PDS that is not followed: what the old one says of it then is no longer believed, and what it did
// at the new one shows as soon as that is followed.
import { finishMove, moveIdentity, prepareMove } from './migration.mjs'

export async function moveUnseen({ account, network, ask, seen, untilReadableFrom }) {
  const { did } = account
  const isThere = async (...uris) => ({
    'profile with its handle': (await ask.profile(did)).handle === account.handle,
    'its posts': (await ask.posts(...uris)).length === uris.length,
  })
  const post = await seen('post', () => account.post('Before an unseen move'), ({ uri }) => isThere(uri))
  const url = `pds+${network.firehose[1]}`
  await ask.command('dev.firehouse.admin.removeUpstream', { url })
  const move = await prepareMove(account, network.pds[1], 'unseen.two.test')
  await moveIdentity(account, move, await network.mailedCode(did, 'plc_operation'))
  await finishMove(account, move)
  await untilReadableFrom(network.pds[0])
  await seen('unseen migration: the old PDS has said goodbye', () => {}, () => isThere(post.uri))
  const later = await account.post('From where nobody listens')
  await seen(
    'unseen migration: the new PDS is followed at last',
    () => ask.command('dev.firehouse.admin.addUpstream', { url }),
    () => isThere(post.uri, later.uri),
  )
}
