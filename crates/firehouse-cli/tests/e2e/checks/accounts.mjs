// Identities and accounts: handles both ways, deactivated and deleted accounts, records by com.atproto.repo.getRecord.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json } from '../reader.mjs'

export default function ({ story, reader }) {
  const { ada, greta, hugo, ines, posts } = story

  test('resolveHandle gives the DID', async () => {
    const resolve = async (handle) => (await reader.read('com.atproto.identity.resolveHandle', { handle })).did
    assert.equal(await resolve('ada.test'), ada.did)
    assert.equal(await resolve('ines-moved.test'), ines.did)
  })

  test('a handle of nobody cannot be resolved', async () => {
    const refusal = await reader.refusal('com.atproto.identity.resolveHandle', { handle: 'nobody.test' })
    assert.deepEqual([refusal.status, refusal.message], [400, 'Unable to resolve handle'])
  })

  test('getRecord agrees with the PDS', async () => {
    const written = { profile: story.profiles.ada, like: story.likes['ben plain'], list: story.lists.noisy, follow: story.follows['ada ben'], ...posts }
    for (const key of ['profile', 'like', 'list', 'follow', 'rich', 'pictures', 'quoteWithPicture', 'edited', 'future']) {
      const [repo, collection, rkey] = written[key].uri.slice('at://'.length).split('/')
      const { data: truth } = await ada.agent.com.atproto.repo.getRecord({ repo, collection, rkey })
      const found = await reader.read('com.atproto.repo.getRecord', { repo, collection, rkey })
      assert.deepEqual(json(found), json(truth), key)
    }
  })

  test('getRecord takes a handle for the repo', async () => {
    const found = await reader.read('com.atproto.repo.getRecord', { repo: 'ada.test', collection: 'app.bsky.actor.profile', rkey: 'self' })
    assert.equal(found.cid, story.profiles.ada.cid)
  })

  test('getRecord of a deleted record is refused', async () => {
    const [repo, collection, rkey] = posts.doomed.uri.slice('at://'.length).split('/')
    const refusal = await reader.refusal('com.atproto.repo.getRecord', { repo, collection, rkey })
    assert.equal(refusal.status, 400)
    assert.match(refusal.message, /^Could not locate record/)
  })

  test('a deactivated account says so and its posts are gone', async () => {
    const refusal = await reader.refusal('app.bsky.actor.getProfile', { actor: greta.did })
    assert.deepEqual([refusal.status, refusal.error], [400, 'AccountDeactivated'])
    assert.deepEqual((await reader.read('app.bsky.feed.getPosts', { uris: [posts.greta.uri] })).posts, [])
  })

  test('a deleted account is unknown and its posts are gone', async () => {
    const refusal = await reader.refusal('app.bsky.actor.getProfile', { actor: hugo.did })
    assert.deepEqual([refusal.status, refusal.error, refusal.message], [400, 'InvalidRequest', 'Profile not found'])
    assert.deepEqual((await reader.read('app.bsky.feed.getPosts', { uris: [posts.hugo.uri] })).posts, [])
  })
}
