// app.bsky.graph.getList and getLists.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ story, reader }) {
  const { ada, cleo, hana, lists, listItems } = story

  test('getList gives the list and its members, newest first', async () => {
    const { list, items, cursor } = await reader.read('app.bsky.graph.getList', { list: lists.neighbours.uri })
    assert.deepEqual([list.uri, list.cid], [lists.neighbours.uri, lists.neighbours.cid])
    assert.equal(list.name, 'Neighbours')
    assert.equal(list.description, 'People of our street')
    assert.equal(list.purpose, 'app.bsky.graph.defs#curatelist')
    assert.equal(list.creator.did, ada.did)
    assert.equal(list.listItemCount, 2)
    assert.equal(list.indexedAt, lists.neighbours.record.createdAt)
    assert.deepEqual(items.map(({ subject }) => subject.handle), ['cleo.test', 'ben.test'], 'not dora, who was taken off')
    assert.deepEqual(items.map(({ uri }) => uri), [listItems.cleo.uri, listItems.ben.uri])
    assert.equal(cursor, undefined)
  })

  test('a subscriber sees that they block the list', async () => {
    const { list } = await reader.read('app.bsky.graph.getList', { list: lists.noisy.uri }, hana)
    assert.ok(list.viewer.blocked)
    assert.equal(list.viewer.muted, false)
    const { list: unrelated } = await reader.read('app.bsky.graph.getList', { list: lists.noisy.uri }, ada)
    assert.equal(unrelated.viewer.blocked, undefined)
  })

  test('an unknown list is refused', async () => {
    const refusal = await reader.refusal('app.bsky.graph.getList', { list: `at://${ada.did}/app.bsky.graph.list/3aaaaaaaaaaaa` })
    assert.deepEqual([refusal.status, refusal.error, refusal.message], [400, 'InvalidRequest', 'List not found'])
  })

  test('getLists gives the lists of an account, by purpose when asked', async () => {
    const names = async (actor, params) => (await reader.read('app.bsky.graph.getLists', { actor, ...params })).lists.map((list) => list.name)
    assert.deepEqual(await names(ada.did), ['Neighbours'])
    assert.deepEqual(await names('cleo.test'), ['Noisy'])
    assert.deepEqual(await names(cleo.did, { purposes: ['modlist'] }), ['Noisy'])
    assert.deepEqual(await names(cleo.did, { purposes: ['curatelist'] }), [])
    assert.deepEqual(await names(story.joy.did), [])
  })
}
