// Starter packs: made of a list and feeds, found at their maker, counted when somebody joins by them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Account } from '../account.mjs'

export default function ({ ada, ben, cleo, network, settle }) {
  test('a pack shows its people, and who came by it', async () => {
    const list = await ben.list('start here', 'referencelist', 'people of the pack')
    for (const account of [ada, cleo]) await ben.listItem(list, account)
    const pack = await ben.write('app.bsky.graph.starterpack', { name: 'Brigade', description: 'volunteers', list: list.uri })
    await settle()
    const { data } = await ada.agent.app.bsky.graph.getStarterPack({ starterPack: pack.uri })
    assert.deepEqual(new Set(data.starterPack.listItemsSample.map(({ subject }) => subject.did)), new Set([ada.did, cleo.did]))
    assert.deepEqual([data.starterPack.record.name, data.starterPack.list.uri], ['Brigade', list.uri])
    const { data: made } = await ada.agent.app.bsky.graph.getActorStarterPacks({ actor: ben.did })
    assert.deepEqual(made.starterPacks.map(({ uri }) => uri), [pack.uri])

    const fay = await Account.create(network.pds[0], 'fay.test', () => new Date().toISOString())
    await fay.profile({ displayName: 'Fay', joinedViaStarterPack: { uri: pack.uri, cid: pack.cid } })
    await settle()
    const { data: later } = await ada.agent.app.bsky.graph.getStarterPack({ starterPack: pack.uri })
    assert.deepEqual([later.starterPack.joinedAllTimeCount, later.starterPack.joinedWeekCount], [1, 1])
    const { data: joined } = await ada.agent.getProfile({ actor: fay.did })
    assert.equal(joined.joinedViaStarterPack.uri, pack.uri)
    const { data: told } = await ben.agent.listNotifications({ limit: 100 })
    assert.ok(told.notifications.some(({ reason, author }) => reason === 'starterpack-joined' && author.did === fay.did))
  })
}
