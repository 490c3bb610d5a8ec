// app.bsky.graph.getFollows, getFollowers and getRelationships.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ story, reader }) {
  const { ada, ben, dora, finn, gil, hana, follows } = story
  const handles = (actors) => actors.map(({ handle }) => handle)

  test('getFollows lists whom an account follows, newest first', async () => {
    const { subject, follows: found } = await reader.read('app.bsky.graph.getFollows', { actor: 'ben.test' })
    assert.equal(subject.did, ben.did)
    assert.deepEqual(handles(found), ['cleo.test', 'ada.test'], 'not dora, whom ben no longer follows')
  })

  test('getFollowers lists who follows an account, newest first', async () => {
    const { subject, followers } = await reader.read('app.bsky.graph.getFollowers', { actor: ada.did })
    assert.equal(subject.did, ada.did)
    assert.deepEqual(handles(followers), ['finn.test', 'emil.test', 'dora.test', 'cleo.test', 'ben.test'])
    assert.deepEqual((await reader.read('app.bsky.graph.getFollowers', { actor: dora.did })).followers, [])
  })

  test('a viewer sees their relation to each', async () => {
    const { followers } = await reader.read('app.bsky.graph.getFollowers', { actor: ada.did }, ben)
    const cleo = followers.find(({ handle }) => handle === 'cleo.test')
    assert.equal(cleo.viewer.following, follows['ben cleo'].uri)
    assert.equal(cleo.viewer.followedBy, follows['cleo ben'].uri)
  })

  test('follows of an unknown account are refused', async () => {
    for (const method of ['getFollows', 'getFollowers']) {
      const refusal = await reader.refusal(`app.bsky.graph.${method}`, { actor: 'nobody.test' })
      assert.deepEqual([refusal.status, refusal.error], [400, 'InvalidRequest'])
      assert.match(refusal.message, /^Actor not found/)
    }
  })

  test('getRelationships names the records on both sides', async () => {
    const unknown = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
    const others = [ada.did, dora.did, gil.did, unknown, 'ada.test']
    const { actor, relationships } = await reader.read('app.bsky.graph.getRelationships', { actor: ben.did, others })
    assert.equal(actor, ben.did)
    const [toAda, toDora, toGil, toUnknown, toHandle] = relationships
    assert.deepEqual([toAda.did, toAda.following, toAda.followedBy], [ada.did, follows['ben ada'].uri, follows['ada ben'].uri])
    assert.deepEqual([toDora.did, toDora.following, toDora.followedBy], [dora.did, undefined, undefined])
    assert.equal(toGil.blockedBy, story.blockOfBen.uri)
    assert.equal(toGil.blocking, undefined)
    assert.deepEqual(toUnknown, { $type: 'app.bsky.graph.defs#relationship', did: unknown }, 'nobody asks whether a DID exists')
    assert.deepEqual(toHandle, { $type: 'app.bsky.graph.defs#notFoundActor', actor: 'ada.test', notFound: true }, 'handles are not resolved here')
  })

  test('getRelationships shows nothing of a block that was undone', async () => {
    const { relationships } = await reader.read('app.bsky.graph.getRelationships', { actor: ada.did, others: [finn.did] })
    assert.equal(relationships[0].blocking, undefined)
    assert.equal(relationships[0].followedBy, follows['finn ada'].uri)
  })

  test('getRelationships shows a block by list', async () => {
    const { relationships } = await reader.read('app.bsky.graph.getRelationships', { actor: hana.did, others: [gil.did] })
    assert.equal(relationships[0].blockingByList, story.lists.noisy.uri)
  })

  test('getRelationships with nobody to relate to is empty', async () => {
    assert.deepEqual((await reader.read('app.bsky.graph.getRelationships', { actor: ada.did })).relationships, [])
  })
}
