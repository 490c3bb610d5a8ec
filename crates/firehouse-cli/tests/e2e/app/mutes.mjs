// Mutes of accounts and by list, blocks: written through the app, effective at the next request.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ ada, ben, cleo, dan, settle }) {
  const viewer = async (account, of) => (await account.agent.getProfile({ actor: of.did })).data.viewer
  const timeline = async (account) => (await account.agent.getTimeline({ limit: 100 })).data.feed

  test('a muted account is marked, listed, and gone from the timeline', async () => {
    const post = await ben.post('you will not read this')
    await settle()
    const has = async () => (await timeline(ada)).some((item) => item.post.uri === post.uri)
    assert.equal(await has(), true)
    await ada.agent.mute(ben.did)
    assert.deepEqual([(await viewer(ada, ben)).muted, await has()], [true, false])
    assert.deepEqual((await ada.agent.app.bsky.graph.getMutes()).data.mutes.map(({ did }) => did), [ben.did])
    assert.equal((await viewer(cleo, ben)).muted, false)
    await ada.agent.unmute(ben.did)
    assert.deepEqual([(await viewer(ada, ben)).muted, await has()], [false, true])
  })

  test('a list mutes whoever is on it', async () => {
    const list = await cleo.list('noisy ones', 'modlist', 'for mutes')
    await cleo.listItem(list, ben)
    await settle()
    await ada.agent.muteModList(list.uri)
    const seen = await viewer(ada, ben)
    assert.deepEqual([seen.muted, seen.mutedByList.uri], [true, list.uri])
    assert.deepEqual((await ada.agent.app.bsky.graph.getListMutes()).data.lists.map(({ uri }) => uri), [list.uri])
    await ada.agent.unmuteModList(list.uri)
    assert.equal((await viewer(ada, ben)).muted, false)
  })

  test('a blocked account is behind the block, both ways', async () => {
    const block = await dan.block(cleo)
    await settle()
    assert.equal((await viewer(dan, cleo)).blocking, block.uri)
    assert.equal((await viewer(cleo, dan)).blockedBy, true)
    assert.deepEqual((await dan.agent.app.bsky.graph.getBlocks()).data.blocks.map(({ did }) => did), [cleo.did])
    await assert.rejects(cleo.agent.getAuthorFeed({ actor: dan.did }), { error: 'BlockedByActor' })
    await dan.remove(block)
    await settle()
    assert.equal((await viewer(cleo, dan)).blockedBy, false)
  })

  test('a list blocks whoever is on it', async () => {
    const list = await dan.list('not these', 'modlist', 'for blocks')
    await dan.listItem(list, cleo)
    const { uri } = await dan.agent.blockModList(list.uri)
    await settle()
    const seen = await viewer(dan, cleo)
    assert.deepEqual([seen.blocking, seen.blockingByList.uri], [list.uri, list.uri])
    assert.deepEqual((await dan.agent.app.bsky.graph.getListBlocks()).data.lists.map((shown) => shown.viewer.blocked), [uri])
    await dan.agent.unblockModList(list.uri)
    await settle()
    assert.equal((await viewer(dan, cleo)).blocking, undefined)
  })
}
