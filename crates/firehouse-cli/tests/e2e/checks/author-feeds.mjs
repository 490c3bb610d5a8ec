// app.bsky.feed.getAuthorFeed with every filter.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ story, reader, name }) {
  const { ada, ben, dora, emil, gil } = story
  const feed = async (account, params, viewer) => (await reader.read('app.bsky.feed.getAuthorFeed', { actor: account.did, ...params }, viewer)).feed
  const names = async (account, params, viewer) => (await feed(account, params, viewer)).map(({ post }) => name(post.uri))

  test('without a filter it is everything, newest first', async () => {
    const expected = story.feeds.ada.toReversed().map(({ post }) => name(post.uri))
    assert.deepEqual(await names(ada), expected)
    assert.deepEqual(await names(ada, { filter: 'posts_with_replies' }), expected)
    assert.deepEqual(expected, ['card', 'thanks', 'step3', 'step2', 'root', 'pictures', 'rich', 'plain'])
  })

  test('posts_no_replies has root posts and reposts', async () => {
    assert.deepEqual(await names(ada, { filter: 'posts_no_replies' }), ['card', 'root', 'pictures', 'rich', 'plain'])
  })

  test('posts_with_media has own posts with pictures', async () => {
    assert.deepEqual(await names(ada, { filter: 'posts_with_media' }), ['pictures'])
    assert.deepEqual(await names(story.cleo, { filter: 'posts_with_media' }), ['quoteWithPicture'])
    assert.deepEqual(await names(emil, { filter: 'posts_with_media' }), [], 'a repost of pictures does not count')
  })

  test('posts_and_author_threads keeps replies only inside the own thread', async () => {
    assert.deepEqual(await names(ada, { filter: 'posts_and_author_threads' }), ['card', 'step3', 'step2', 'root', 'pictures', 'rich', 'plain'])
  })

  test('posts_with_video is empty where there is no video', async () => {
    assert.deepEqual(await names(ada, { filter: 'posts_with_video' }), [])
  })

  test('includePins puts the pinned post first and takes it from its place', async () => {
    const pinned = await feed(ada, { includePins: true })
    assert.deepEqual(pinned.map(({ post }) => name(post.uri)), ['plain', 'card', 'thanks', 'step3', 'step2', 'root', 'pictures', 'rich'])
    assert.equal(pinned[0].reason.$type, 'app.bsky.feed.defs#reasonPin')
    assert.deepEqual(await names(ada, { includePins: true, filter: 'posts_with_media' }), ['plain', 'pictures'], 'whatever the filter')
  })

  test('a pinned post stands on top of the first page only', async () => {
    const [first, second] = await reader.pages('app.bsky.feed.getAuthorFeed', { actor: ada.did, includePins: true }, 'feed', 3)
    assert.deepEqual(first.map(({ post }) => name(post.uri)), ['plain', 'card', 'thanks', 'step3'])
    assert.deepEqual(second.map(({ post }) => name(post.uri)), ['step2', 'root', 'pictures'])
  })

  test('a repost says who reposted and when', async () => {
    const [latest] = await feed(ada)
    const { reason } = latest
    assert.equal(reason.$type, 'app.bsky.feed.defs#reasonRepost')
    assert.equal(reason.by.did, ada.did)
    assert.equal(reason.uri, story.reposts['ada card'].uri)
    assert.equal(reason.cid, story.reposts['ada card'].cid)
    assert.equal(reason.indexedAt, story.reposts['ada card'].record.createdAt)
    assert.equal(latest.post.author.did, ben.did)
  })

  test('a reply comes with its root, its parent and the author above', async () => {
    const thanks = (await feed(ada)).find(({ post }) => post.uri === story.posts.thanks.uri)
    assert.equal(thanks.reply.root.uri, story.posts.root.uri)
    assert.equal(thanks.reply.parent.uri, story.posts.nested.uri)
    assert.equal(thanks.reply.grandparentAuthor.did, ben.did)
  })

  test('a reply to a deleted post says that its parent is not found', async () => {
    const orphan = (await feed(emil)).find(({ post }) => post.uri === story.posts.orphan.uri)
    assert.equal(orphan.reply.root.uri, story.posts.root.uri)
    assert.equal(orphan.reply.parent.$type, 'app.bsky.feed.defs#notFoundPost')
  })

  test('deleted posts and reposts are gone', async () => {
    assert.deepEqual(await names(dora), ['pictures', 'quoteOfQuote'])
    assert.ok(!(await names(ben)).includes('plain'))
  })

  test('claimed times order the feed, except those in the future', async () => {
    assert.deepEqual(await names(emil), ['future', 'pictures', 'orphan', 'present', 'past'])
  })

  test('a viewer sees their own reactions in it', async () => {
    const plain = (await feed(ada, {}, ben)).find(({ post }) => post.uri === story.posts.plain.uri)
    assert.equal(plain.post.viewer.like, story.likes['ben plain'].uri)
    assert.equal(plain.post.author.viewer.following, story.follows['ben ada'].uri)
  })

  test('a feed across a block is refused by name', async () => {
    const feedOf = (account, viewer) => reader.refusal('app.bsky.feed.getAuthorFeed', { actor: account.did }, viewer)
    assert.deepEqual([(await feedOf(ben, gil)).status, (await feedOf(ben, gil)).error], [400, 'BlockedActor'])
    assert.deepEqual([(await feedOf(gil, ben)).status, (await feedOf(gil, ben)).error], [400, 'BlockedByActor'])
  })
}
