// app.bsky.feed.getTimeline: through the PDS, which vouches for its account with a token of its own, and directly.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ story, reader, name }) {
  const { ada, ben, joy } = story
  const NSID = 'app.bsky.feed.getTimeline'
  const entry = ({ post, reason }) => (reason ? `${name(reason.uri)} (repost)` : name(post.uri))

  // Follows ada and cleo. Left out: what ben wrote to gil, who blocks him.
  const expected = ['ada', 'ben', 'cleo']
    .flatMap((author) => story.feeds[author])
    .filter(({ post }) => post !== story.posts.toGil)
    .map(({ post, repost }) => ({ post, reason: repost, at: (repost ?? post).record.createdAt }))
    .sort((a, b) => b.at.localeCompare(a.at))
    .map(entry)

  test('the PDS passes the question on and the answer back', async () => {
    const { data } = await ben.agent.getTimeline({ limit: 50 })
    assert.deepEqual(data.feed.map(entry), expected)
  })

  test('a token made by the PDS gives the same answer directly', async () => {
    const { feed } = await reader.read(NSID, { limit: 50 }, ben)
    assert.deepEqual(feed.map(entry), expected)
    const liked = feed.find(({ post, reason }) => post.uri === story.posts.plain.uri && !reason)
    assert.equal(liked.post.viewer.like, story.likes['ben plain'].uri)
  })

  test('the answer names the last revision of the viewer that it contains', async () => {
    const { headers } = await reader.answer(NSID, {}, ben)
    const { data: latest } = await ben.agent.com.atproto.sync.getLatestCommit({ did: ben.did })
    assert.equal(headers['atproto-repo-rev'], latest.rev)
  })

  test('who follows nobody sees their own posts', async () => {
    const { feed } = await reader.read(NSID, {}, story.emil)
    assert.ok(feed.length > 0)
    assert.deepEqual((await reader.read(NSID, {}, joy)).feed, [])
    assert.ok(!feed.some(({ post }) => post.uri === story.posts.doomed.uri))
  })

  test('other reads through the PDS reach the same AppView', async () => {
    const { data } = await ben.agent.getProfile({ actor: ada.did })
    assert.equal(data.displayName, 'Ada Ember')
    assert.equal(data.viewer.following, story.follows['ben ada'].uri)
    const { data: thread } = await ben.agent.getPostThread({ uri: story.posts.root.uri })
    assert.equal(thread.thread.post.uri, story.posts.root.uri)
  })
}
