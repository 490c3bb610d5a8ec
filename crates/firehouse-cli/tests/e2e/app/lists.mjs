// Lists: made, filled, read, and as a feed.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ ada, ben, cleo, settle }) {
  const { graph, feed } = ada.agent.app.bsky

  test('a list has its members, and what they write', async () => {
    const list = await ada.list('neighbours', 'curatelist', 'who lives here')
    await ada.listItem(list, ben)
    const item = await ada.listItem(list, cleo)
    const post = await cleo.post('from the list', { createdAt: new Date().toISOString() })
    await settle()
    const members = async () => (await graph.getList({ list: list.uri })).data
    assert.deepEqual((await members()).items.map(({ subject }) => subject.did), [cleo.did, ben.did])
    assert.equal((await members()).list.listItemCount, 2)
    const { data } = await feed.getListFeed({ list: list.uri })
    assert.equal(data.feed[0].post.uri, post.uri)
    const { data: mine } = await graph.getLists({ actor: ada.did })
    assert.ok(mine.lists.some(({ uri }) => uri === list.uri))
    const { data: membership } = await graph.getListsWithMembership({ actor: cleo.did })
    assert.equal(membership.listsWithMembership.find((one) => one.list.uri === list.uri).listItem.uri, item.uri)
    await ada.remove(item)
    await settle()
    assert.deepEqual((await members()).items.map(({ subject }) => subject.did), [ben.did])
  })

  test('follows, followers and whom one knows among them', async () => {
    const { data: follows } = await graph.getFollows({ actor: ada.did })
    assert.deepEqual(new Set(follows.follows.map(({ did }) => did)), new Set([ben.did, cleo.did]))
    const { data: known } = await graph.getKnownFollowers({ actor: ada.did })
    assert.deepEqual(new Set(known.followers.map(({ did }) => did)), new Set([ben.did, cleo.did]))
  })
}
