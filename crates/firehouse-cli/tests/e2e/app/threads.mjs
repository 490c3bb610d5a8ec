// Threads as the app shows them: version 2 with its order, gates with their signs, quotes taken back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ref } from '../account.mjs'

export default function ({ ada, ben, cleo, dan, settle }) {
  test('a thread in version 2: the author of the root first, then those the viewer follows', async () => {
    const root = await ada.post('which hose is the longest?')
    const bens = await ben.reply(root, root, 'the red one')
    const dans = await dan.reply(root, root, 'the blue one')
    const adas = await ada.reply(root, root, 'I mean of those in the yard')
    await settle()
    const { data } = await dan.agent.app.bsky.unspecced.getPostThreadV2({ anchor: root.uri })
    assert.deepEqual(data.thread.map(({ uri, depth }) => [uri, depth]), [[root.uri, 0], [adas.uri, 1], [dans.uri, 1], [bens.uri, 1]])
    assert.equal(data.hasOtherReplies, false)
  })

  test('a gate keeps others from answering, and says so', async () => {
    const root = await ada.post('nobody but those mentioned')
    const [, , , , rkey] = root.uri.split('/')
    await ada.write('app.bsky.feed.threadgate', { post: root.uri, allow: [{ $type: 'app.bsky.feed.threadgate#followingRule' }] }, rkey)
    await settle()
    await ben.reply(root, root, 'I may')
    await dan.reply(root, root, 'I may not')
    await settle()
    const seen = async (account) => (await account.agent.getPostThread({ uri: root.uri })).data
    const [bens, dans] = [await seen(ben), await seen(dan)]
    assert.deepEqual(dans.thread.replies.map(({ post }) => post.record.text), ['I may'])
    assert.deepEqual([bens.thread.post.viewer.replyDisabled, dans.thread.post.viewer.replyDisabled], [false, true])
    assert.equal(dans.threadgate.uri, root.uri.replace('feed.post', 'feed.threadgate'))
    assert.equal(dans.thread.post.replyCount, 1)
  })

  test('a reply that the author hides moves to the other replies', async () => {
    const root = await ada.post('hide and seek')
    const reply = await cleo.reply(root, root, 'found you')
    const [, , , , rkey] = root.uri.split('/')
    await ada.write('app.bsky.feed.threadgate', { post: root.uri, hiddenReplies: [reply.uri] }, rkey)
    await settle()
    const { data } = await ben.agent.app.bsky.unspecced.getPostThreadV2({ anchor: root.uri })
    assert.deepEqual([data.thread.length, data.hasOtherReplies], [1, true])
    const other = await ben.agent.app.bsky.unspecced.getPostThreadOtherV2({ anchor: root.uri })
    assert.deepEqual(other.data.thread.map(({ uri, value }) => [uri, value.hiddenByThreadgate]), [[reply.uri, true]])
  })

  test('a quote that the author takes back is detached', async () => {
    const quoted = await ada.post('quote me')
    const quote = await dan.quote(quoted, 'gladly')
    const [, , , , rkey] = quoted.uri.split('/')
    await ada.write('app.bsky.feed.postgate', { post: quoted.uri, detachedEmbeddingUris: [quote.uri] }, rkey)
    await settle()
    const { data } = await ben.agent.getPosts({ uris: [quote.uri] })
    assert.equal(data.posts[0].embed.record.$type, 'app.bsky.embed.record#viewDetached')
  })

  test('likes and reposts are the viewer\'s own, and taken back', async () => {
    const post = await ben.post('like me')
    await settle()
    const like = await ada.agent.like(post.uri, post.cid)
    const repost = await ada.agent.repost(post.uri, post.cid)
    await settle()
    const seen = async () => (await ada.agent.getPosts({ uris: [post.uri] })).data.posts[0]
    assert.deepEqual([(await seen()).viewer.like, (await seen()).viewer.repost], [like.uri, repost.uri])
    assert.deepEqual([(await seen()).likeCount, (await seen()).repostCount], [1, 1])
    await ada.agent.deleteLike(like.uri)
    await ada.agent.deleteRepost(repost.uri)
    await settle()
    assert.deepEqual([(await seen()).likeCount, (await seen()).repostCount, (await seen()).viewer.like], [0, 0, undefined])
    assert.deepEqual(ref(post), { uri: (await seen()).uri, cid: (await seen()).cid })
  })
}
