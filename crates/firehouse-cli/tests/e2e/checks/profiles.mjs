// app.bsky.actor.getProfile and getProfiles.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ story, reader }) {
  const { ada, ben, dora, gil, hana, ines, joy } = story
  const profile = (actor, viewer) => reader.read('app.bsky.actor.getProfile', { actor }, viewer)

  test('a profile shows its last version, its pictures and its counts', async () => {
    const found = await profile(ada.did)
    assert.equal(found.did, ada.did)
    assert.equal(found.handle, 'ada.test')
    assert.equal(found.displayName, 'Ada Ember')
    assert.equal(found.description, 'Keeper of the bell')
    const { avatar, banner, createdAt } = story.profiles.ada.record
    assert.match(found.avatar, new RegExp(`/avatar/plain/${ada.did}/${avatar.ref}`))
    assert.match(found.banner, new RegExp(`/banner/plain/${ada.did}/${banner.ref}`))
    assert.equal(found.createdAt, createdAt)
    assert.equal(found.followersCount, 5)
    assert.equal(found.followsCount, 2)
    assert.equal(found.postsCount, 7)
    assert.equal(found.pinnedPost.uri, story.posts.plain.uri)
    assert.equal(found.associated.lists, 1)
    assert.equal(found.viewer, undefined, 'an anonymous reader has no viewer state')
  })

  test('a handle finds the same profile as its DID', async () => {
    assert.deepEqual(await profile('ada.test'), await profile(ada.did))
  })

  test('an empty description is left out and line breaks are kept', async () => {
    assert.equal((await profile(story.cleo.did)).description, undefined)
    assert.equal((await profile(ben.did)).description, 'Second line 🚒\nand a third')
  })

  test('an account without a profile record has a profile', async () => {
    const found = await profile(dora.did)
    assert.equal(found.handle, 'dora.test')
    assert.equal(found.displayName, undefined)
    assert.equal(found.followsCount, 1)
    const quiet = await profile(joy.did)
    assert.deepEqual([quiet.followersCount, quiet.followsCount, quiet.postsCount], [0, 0, 0])
  })

  test('a viewer sees whom they follow and who follows them', async () => {
    const { viewer } = await profile(ada.did, ben)
    assert.equal(viewer.following, story.follows['ben ada'].uri)
    assert.equal(viewer.followedBy, story.follows['ada ben'].uri)
    assert.equal(viewer.muted, false)
    assert.equal(viewer.blockedBy, false)
    assert.equal(viewer.blocking, undefined)
  })

  test('a viewer sees which of the people they follow follow an account', async () => {
    const { viewer } = await profile(ada.did, ben)
    assert.equal(viewer.knownFollowers.count, 1)
    assert.deepEqual(viewer.knownFollowers.followers.map(({ did }) => did), [story.cleo.did])
  })

  test('an unfollow and an unblock leave nothing in the viewer state', async () => {
    const unfollowed = (await profile(dora.did, ben)).viewer
    assert.equal(unfollowed.following, undefined)
    const unblocked = (await profile(story.finn.did, ada)).viewer
    assert.equal(unblocked.blocking, undefined)
    assert.equal(unblocked.followedBy, story.follows['finn ada'].uri)
  })

  test('a block is seen from both sides', async () => {
    assert.equal((await profile(gil.did, ben)).viewer.blockedBy, true)
    assert.equal((await profile(gil.did, ben)).viewer.blocking, undefined)
    assert.equal((await profile(ben.did, gil)).viewer.blocking, story.blockOfBen.uri)
    assert.equal((await profile(ben.did, gil)).viewer.blockedBy, false)
  })

  test('a block by list names the list', async () => {
    const { viewer } = await profile(gil.did, hana)
    assert.equal(viewer.blocking, story.lists.noisy.uri)
    assert.equal(viewer.blockingByList.name, 'Noisy')
    assert.equal((await profile(hana.did, gil)).viewer.blockedBy, true)
  })

  test('getProfiles gives those that exist, and leaves out the others', async () => {
    const actors = [ben.did, 'nobody.test', 'ada.test', 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa']
    const { profiles } = await reader.read('app.bsky.actor.getProfiles', { actors })
    assert.deepEqual(profiles.map(({ handle }) => handle), ['ben.test', 'ada.test'])
    assert.deepEqual(profiles[1], await profile(ada.did))
  })

  test('a changed handle is the one that is shown', async () => {
    assert.equal((await profile(ines.did)).handle, 'ines-moved.test')
  })
}
