// What a block between two people hides, from them (first party) and from everybody else (third party).
// gil blocks ben; hana subscribes to a moderation list that names gil.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ story, reader, name }) {
  const { ada, ben, gil, hana, posts } = story
  const thread = async (key, viewer) => (await reader.read('app.bsky.feed.getPostThread', { uri: posts[key].uri }, viewer)).thread
  const kinds = (node) => Object.fromEntries(node.replies.map((reply) => [name(reply.uri ?? reply.post.uri), reply.$type.split('#')[1]]))

  test('a reply by the blocked or the blocking is a blocked post to the other', async () => {
    assert.deepEqual(kinds(await thread('root', ben)), { fromGil: 'blockedPost', answer: 'threadViewPost', step2: 'threadViewPost' })
    assert.deepEqual(kinds(await thread('root', gil)), { fromGil: 'threadViewPost', answer: 'blockedPost', step2: 'threadViewPost' })
    assert.deepEqual(kinds(await thread('root', hana)), { fromGil: 'blockedPost', answer: 'threadViewPost', step2: 'threadViewPost' })
    const blocked = (await thread('root', ben)).replies.find(({ uri }) => uri === posts.fromGil.uri)
    assert.equal(blocked.author.did, gil.did)
    assert.equal(blocked.author.viewer.blockedBy, true)
  })

  test('a reply across a block is left out for everybody', async () => {
    const fromGil = (await thread('root')).replies.find(({ post }) => post.uri === posts.fromGil.uri)
    assert.deepEqual(fromGil.replies, [])
  })

  test('a parent across a block is a blocked post to everybody', async () => {
    assert.equal((await thread('toGil')).parent.$type, 'app.bsky.feed.defs#blockedPost')
    assert.equal((await thread('toGil', ada)).parent.$type, 'app.bsky.feed.defs#blockedPost')
  })

  test('the thread of somebody blocked is a blocked post', async () => {
    const found = await thread('fromGil', ben)
    assert.equal(found.$type, 'app.bsky.feed.defs#blockedPost')
    assert.equal(found.blocked, true)
  })

  test('a quote across a block is shown blocked to everybody', async () => {
    const { posts: found } = await reader.read('app.bsky.feed.getPosts', { uris: [posts.quoteByGil.uri] }, ada)
    assert.equal(found[0].embed.record.$type, 'app.bsky.embed.record#viewBlocked')
    const { posts: quotes } = await reader.read('app.bsky.feed.getQuotes', { uri: posts.card.uri })
    assert.deepEqual(quotes, [])
  })

  test('posts of somebody blocked are left out', async () => {
    const uris = [posts.fromGil.uri, posts.plain.uri]
    for (const viewer of [ben, hana]) {
      const { posts: found } = await reader.read('app.bsky.feed.getPosts', { uris }, viewer)
      assert.deepEqual(found.map(({ uri }) => name(uri)), ['plain'])
    }
  })

  test('likes by somebody blocked are left out, and still counted', async () => {
    const { likes } = await reader.read('app.bsky.feed.getLikes', { uri: posts.plain.uri }, ben)
    assert.ok(!likes.some(({ actor }) => actor.did === gil.did))
    const { posts: found } = await reader.read('app.bsky.feed.getPosts', { uris: [posts.plain.uri] }, ben)
    assert.equal(found[0].likeCount, 5)
  })
}
