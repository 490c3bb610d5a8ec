// Moves an account from one PDS to another, with its keys, as a client does it.
// Source: https://atproto.com/guides/account-migration
import { AtpAgent } from '@atproto/api'

/**
 * Everything up to the change of the DID document: the account at the new PDS, deactivated, with its repo, blobs and preferences.
 * Gives {agent, credentials}: logged in there, and what its document is to say.
 */
export async function prepareMove(account, pds_url, handle) {
  const agent = new AtpAgent({ service: pds_url })
  const { data: about } = await agent.com.atproto.server.describeServer()
  const token = await account.serviceToken(about.did, 'com.atproto.server.createAccount')
  await agent.createAccount(
    { did: account.did, handle, password: account.password, email: `${handle.replaceAll('.', '-')}@example.com` },
    { headers: { authorization: `Bearer ${token}` } },
  )
  // The client goes where the DID document says, which is still the old PDS.
  agent.sessionManager.pdsUrl = undefined
  const repo = await account.agent.com.atproto.sync.getRepo({ did: account.did })
  await agent.com.atproto.repo.importRepo(repo.data, { encoding: 'application/vnd.ipld.car' })
  const { data: missing } = await agent.com.atproto.repo.listMissingBlobs({})
  for (const { cid } of missing.blobs) {
    const blob = await account.agent.com.atproto.sync.getBlob({ did: account.did, cid })
    await agent.com.atproto.repo.uploadBlob(blob.data, { encoding: blob.headers['content-type'] })
  }
  const { data: preferences } = await account.agent.app.bsky.actor.getPreferences()
  await agent.app.bsky.actor.putPreferences(preferences)
  const { data: credentials } = await agent.com.atproto.identity.getRecommendedDidCredentials()
  return { agent, credentials }
}

/** Has the old PDS sign the new DID document, with the code it would have mailed, and the new one hand it to the directory. */
export async function moveIdentity(account, { agent, credentials }, mailed_code) {
  const { data } = await account.agent.com.atproto.identity.signPlcOperation({ token: mailed_code, ...credentials })
  await agent.com.atproto.identity.submitPlcOperation(data)
}

/** The account at its new PDS, active there and deactivated at the old one. From here on `account` writes to the new one. */
export async function finishMove(account, { agent }) {
  await agent.com.atproto.server.activateAccount()
  const left = account.agent
  Object.assign(account, { agent, handle: agent.session.handle })
  await left.com.atproto.server.deactivateAccount({})
}
