// Labels of the labeler, takedowns of the administrator: what readers see of them, and how they end.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ ada, ben, dan, network, settle, command, until }) {
  const post = async (account, uri) => (await account.agent.getPosts({ uris: [uri] })).data.posts[0]

  test('a label is shown, and taken back', async () => {
    ada.agent.configureLabelers([network.labeler.did])
    const { uri, cid } = await dan.post('label me')
    await settle()
    const vals = async () => (await post(ada, uri)).labels.map(({ val }) => val).join()
    await network.label({ uri, cid, create: ['spam'] })
    await until('the label', async () => ((await vals()) === 'spam' ? true : undefined))
    await network.label({ uri, cid, negate: ['spam'] })
    await until('its end', async () => ((await vals()) === '' ? true : undefined))
  })

  test('a post that is taken down is gone for everybody but the administrator, and comes back', async () => {
    const { uri, cid } = await dan.post('against the rules')
    await settle()
    const subject = { $type: 'com.atproto.repo.strongRef', uri, cid }
    await command('com.atproto.admin.updateSubjectStatus', { subject, takedown: { applied: true, ref: 'case-1' } })
    assert.equal(await post(ada, uri), undefined)
    await assert.rejects(ada.agent.getPostThread({ uri }), { error: 'NotFound' })
    await command('com.atproto.admin.updateSubjectStatus', { subject, takedown: { applied: false } })
    assert.equal((await post(ada, uri)).uri, uri)
  })

  test('an account that is taken down is gone, and comes back', async () => {
    const subject = { $type: 'com.atproto.admin.defs#repoRef', did: dan.did }
    await command('com.atproto.admin.updateSubjectStatus', { subject, takedown: { applied: true } })
    await assert.rejects(ben.agent.getProfile({ actor: dan.did }), { error: 'AccountTakedown' })
    await command('com.atproto.admin.updateSubjectStatus', { subject, takedown: { applied: false } })
    assert.equal((await ben.agent.getProfile({ actor: dan.did })).data.did, dan.did)
  })
}
