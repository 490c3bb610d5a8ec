// app.bsky.feed.getPostThread; what blocks do to threads is in blocks.mjs.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ story, reader, name }) {
  const { posts } = story
  const thread = async (key, params, viewer) => (await reader.read('app.bsky.feed.getPostThread', { uri: posts[key].uri, ...params }, viewer)).thread
  const short = (type) => type.split('#')[1]
  // {root: {step2: {step3: {}}}}: a thread below its anchor, by the names of the story.
  const tree = (node) => ({ [name(node.post.uri)]: node.replies && Object.assign({}, ...node.replies.map(tree)) })

  test('replies are nested below what they answer, and withdrawn ones are gone with all below', async () => {
    const found = await thread('root')
    assert.equal(found.$type, 'app.bsky.feed.defs#threadViewPost')
    assert.deepEqual(tree(found), { root: { fromGil: {}, answer: { nested: { thanks: {} } }, step2: { step3: {} } } })
  })

  test('replies stand newest first', async () => {
    assert.deepEqual((await thread('root')).replies.map(({ post }) => name(post.uri)), ['fromGil', 'answer', 'step2'])
  })

  test('depth says how far down', async () => {
    assert.deepEqual(tree(await thread('root', { depth: 1 })), { root: { fromGil: undefined, answer: undefined, step2: undefined } })
    assert.deepEqual(tree(await thread('root', { depth: 0 })), { root: undefined })
  })

  test('parents go up to the root', async () => {
    const up = []
    for (let node = await thread('thanks'); node; node = node.parent) up.push(name(node.post.uri))
    assert.deepEqual(up, ['thanks', 'nested', 'answer', 'root'])
  })

  test('parentHeight says how far up', async () => {
    assert.equal((await thread('thanks', { parentHeight: 0 })).parent, undefined)
    const found = await thread('thanks', { parentHeight: 1 })
    assert.equal(found.parent.post.uri, posts.nested.uri)
    assert.equal(found.parent.parent, undefined)
  })

  test('a deleted parent is shown as not found', async () => {
    const found = await thread('orphan')
    assert.equal(short(found.parent.$type), 'notFoundPost')
    assert.equal(found.parent.uri, posts.withdrawn.uri)
    assert.equal(found.parent.notFound, true)
  })

  test('a like by the author of the root is marked', async () => {
    const found = await thread('root')
    const answer = found.replies.find(({ post }) => post.uri === posts.answer.uri)
    assert.equal(answer.threadContext.rootAuthorLike, story.likes['ada answer'].uri)
  })

  test('a deleted and an unknown post are not found', async () => {
    for (const uri of [posts.withdrawn.uri, `at://${story.ada.did}/app.bsky.feed.post/3aaaaaaaaaaaa`]) {
      const refusal = await reader.refusal('app.bsky.feed.getPostThread', { uri })
      assert.deepEqual([refusal.status, refusal.error], [400, 'NotFound'])
      assert.match(refusal.message, /^Post not found/)
    }
  })

  test('an address by handle finds the same thread', async () => {
    const byHandle = posts.root.uri.replace(story.ada.did, 'ada.test')
    const { thread: found } = await reader.read('app.bsky.feed.getPostThread', { uri: byHandle })
    assert.equal(found.post.uri, posts.root.uri)
  })
}
