// A custom feed: published, found, read page by page through PDS and AppView, which asks the generator in the reader's name.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ ada, ben, generator, settle }) {
  test('a published feed shows what its generator says', async () => {
    const posts = []
    for (let i = 0; i < 5; i++) posts.push(await ben.post(`chosen ${i}`))
    const repost = await ada.repost(posts[0])
    const feed = await ben.write('app.bsky.feed.generator', { did: generator.did, displayName: 'Chosen', description: 'by hand' }, 'chosen')
    await settle()
    const reason = { $type: 'app.bsky.feed.defs#skeletonReasonRepost', repost: repost.uri }
    generator.show({ feed: posts.map(({ uri }, i) => ({ post: uri, feedContext: `context ${i}`, ...(i === 0 && { reason }) })) })

    const { data: about } = await ada.agent.app.bsky.feed.getFeedGenerator({ feed: feed.uri })
    assert.deepEqual([about.view.displayName, about.isOnline, about.isValid], ['Chosen', true, true])
    const { data: made } = await ada.agent.app.bsky.feed.getActorFeeds({ actor: ben.did })
    assert.deepEqual(made.feeds.map(({ uri }) => uri), [feed.uri])

    const shown = []
    let cursor
    do {
      const { data } = await ada.agent.app.bsky.feed.getFeed({ feed: feed.uri, limit: 2, cursor })
      shown.push(...data.feed)
      cursor = data.cursor
    } while (cursor)
    assert.deepEqual(shown.map(({ post }) => post.uri), posts.map(({ uri }) => uri))
    assert.deepEqual(shown.map(({ feedContext }) => feedContext), posts.map((_, i) => `context ${i}`))
    assert.deepEqual([shown[0].reason.by.did, shown[1].reason], [ada.did, undefined])
    const claims = JSON.parse(Buffer.from(generator.asked[0].authorization.split('.')[1], 'base64url'))
    assert.deepEqual([claims.iss, claims.aud], [ada.did, generator.did])
  })

  test('a generator that says nonsense is an upstream failure', async () => {
    const feed = `at://${ben.did}/app.bsky.feed.generator/chosen`
    generator.show({ feed: [{ post: 'not a uri' }] })
    await assert.rejects(ada.agent.app.bsky.feed.getFeed({ feed }), { status: 502 })
    generator.show({ feed: [] })
    assert.deepEqual((await ada.agent.app.bsky.feed.getFeed({ feed })).data.feed, [])
  })

  test('a feed can be saved and liked', async () => {
    const feed = `at://${ben.did}/app.bsky.feed.generator/chosen`
    await ada.agent.addSavedFeeds([{ type: 'feed', value: feed, pinned: true }])
    const { savedFeeds } = await ada.agent.getPreferences()
    assert.ok(savedFeeds.some(({ value }) => value === feed))
    const { data } = await ada.agent.app.bsky.feed.getFeedGenerators({ feeds: [feed] })
    const like = await ada.agent.like(feed, data.feeds[0].cid)
    await settle()
    const { data: liked } = await ada.agent.app.bsky.feed.getFeedGenerator({ feed })
    assert.deepEqual([liked.view.likeCount, liked.view.viewer.like], [1, like.uri])
  })
}
