// Notifications: told, counted, seen; whoever is subscribed to hears of posts.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ ada, ben, cleo, dan, eva, settle, until }) {
  const list = async (account, params = {}) => (await account.agent.listNotifications({ limit: 100, ...params })).data
  const unread = async (account) => (await account.agent.countUnreadNotifications()).data.count

  test('each reason is told once, newest first, and counted until seen', async () => {
    await dan.agent.updateSeenNotifications(new Date().toISOString())
    const post = await dan.post('tell me about it')
    await settle()
    const like = await ben.agent.like(post.uri, post.cid)
    const repost = await ben.agent.repost(post.uri, post.cid)
    const at = () => ({ createdAt: new Date().toISOString() })
    const reply = await ben.reply(post, post, 'here', at())
    const quote = await cleo.quote(post, 'look', at())
    const mention = await cleo.richPost('hello @dan.test', at())
    const follow = await eva.agent.follow(dan.did)
    await settle()
    const { notifications } = await list(dan, { limit: 6 })
    const told = notifications.map(({ reason, uri }) => [reason, uri])
    const expected = [['follow', follow.uri], ['mention', mention.uri], ['quote', quote.uri], ['reply', reply.uri], ['repost', repost.uri], ['like', like.uri]]
    assert.deepEqual(told, expected)
    assert.equal(notifications[5].reasonSubject, post.uri)
    assert.equal(await unread(dan), 6)
    await dan.agent.updateSeenNotifications(new Date().toISOString())
    assert.equal(await unread(dan), 0)
    assert.ok((await list(dan)).notifications.every(({ isRead }) => isRead))
  })

  test('a reason can be asked for alone', async () => {
    const { notifications } = await list(dan, { reasons: ['follow'] })
    assert.ok(notifications.length > 0 && notifications.every(({ reason }) => reason === 'follow'))
  })

  test('a muted thread is told of no more', async () => {
    const root = await ada.post('a thread to be muted')
    await settle()
    await ada.agent.app.bsky.graph.muteThread({ root: root.uri })
    const seen = async () => (await ada.agent.getPosts({ uris: [root.uri] })).data.posts[0].viewer.threadMuted
    assert.equal(await seen(), true)
    const reply = await ben.reply(root, root, 'into the void', { createdAt: new Date().toISOString() })
    await settle()
    assert.ok(!(await list(ada)).notifications.some(({ uri }) => uri === reply.uri))
    await ada.agent.app.bsky.graph.unmuteThread({ root: root.uri })
    assert.equal(await seen(), false)
  })

  test('preferences are kept, and merged with what is there', async () => {
    const v2 = async () => (await ada.agent.app.bsky.notification.getPreferences()).data.preferences
    assert.deepEqual((await v2()).like, { include: 'all', list: true, push: true })
    await ada.agent.app.bsky.notification.putPreferencesV2({ like: { include: 'follows', list: true, push: false } })
    assert.deepEqual((await v2()).like, { include: 'follows', list: true, push: false })
    assert.deepEqual((await v2()).reply, { include: 'all', list: true, push: true })
  })

  test('whoever subscribes to an account hears of its posts', async () => {
    const activitySubscription = { post: true, reply: false }
    await ben.agent.app.bsky.notification.putActivitySubscription({ subject: ada.did, activitySubscription })
    const { data } = await ben.agent.app.bsky.notification.listActivitySubscriptions()
    assert.deepEqual(data.subscriptions.map(({ did }) => did), [ada.did])
    assert.deepEqual(data.subscriptions[0].viewer.activitySubscription, activitySubscription)
    const post = await ada.post('news for subscribers', { createdAt: new Date().toISOString() })
    await settle()
    const heard = async () => (await list(ben)).notifications.find(({ uri }) => uri === post.uri)
    assert.equal((await until('a subscribed post', heard)).reason, 'subscribed-post')
    await ben.agent.app.bsky.notification.putActivitySubscription({ subject: ada.did, activitySubscription: { post: false, reply: false } })
    assert.deepEqual((await ben.agent.app.bsky.notification.listActivitySubscriptions()).data.subscriptions, [])
  })
}
