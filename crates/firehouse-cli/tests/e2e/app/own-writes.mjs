// Read-after-write: whoever has just written sees it at once in what the PDS patches, whether it is indexed yet or not.
import assert from 'node:assert/strict'
import { test } from 'node:test'

const ROUNDS = 15

export default function ({ ada, settle }) {
  test('a new post is at once in the own timeline, author feed and thread, and counted', async () => {
    // A feed in which there is nothing yet is left alone by the PDS.
    await ada.post('the first')
    await settle()
    const count = async () => (await ada.agent.getProfile({ actor: ada.did })).data.postsCount
    const before = await count()
    for (let round = 0; round < ROUNDS; round++) {
      const { uri } = await ada.agent.post({ text: `round ${round}`, createdAt: new Date().toISOString() })
      const [timeline, feed, thread] = await Promise.all([
        ada.agent.getTimeline({ limit: 5 }),
        ada.agent.getAuthorFeed({ actor: ada.did, limit: 5 }),
        ada.agent.getPostThread({ uri }),
      ])
      assert.ok(timeline.data.feed.some(({ post }) => post.uri === uri), `timeline in round ${round}`)
      assert.ok(feed.data.feed.some(({ post }) => post.uri === uri), `author feed in round ${round}`)
      assert.equal(thread.data.thread.post.uri, uri)
    }
    await settle()
    assert.equal(await count(), before + ROUNDS)
  })

  test('a changed profile is at once the own one', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const displayName = `Ada ${round}`
      await ada.agent.upsertProfile((profile) => ({ ...profile, displayName }))
      assert.equal((await ada.agent.getProfile({ actor: ada.did })).data.displayName, displayName)
    }
    await settle()
    const { data } = await ada.agent.getProfile({ actor: ada.did })
    assert.equal(data.displayName, `Ada ${ROUNDS - 1}`)
  })

  test('a reply is at once below its parent', async () => {
    const root = await ada.agent.post({ text: 'a thread begins', createdAt: new Date().toISOString() })
    const reply = await ada.agent.post({ text: 'and goes on', reply: { root, parent: root }, createdAt: new Date().toISOString() })
    const { data } = await ada.agent.getPostThread({ uri: root.uri })
    assert.deepEqual(data.thread.replies.map(({ post }) => post.uri), [reply.uri])
  })
}
