// app.bsky.feed.getLikes, getRepostedBy and getQuotes.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ story, reader, name }) {
  const { ada, posts } = story

  test('getLikes lists those who like a post, newest first', async () => {
    const answer = await reader.read('app.bsky.feed.getLikes', { uri: posts.plain.uri })
    assert.equal(answer.uri, posts.plain.uri)
    assert.deepEqual(answer.likes.map(({ actor }) => actor.handle), ['gil.test', 'emil.test', 'dora.test', 'cleo.test', 'ben.test'])
    assert.equal(answer.likes[4].createdAt, story.likes['ben plain'].record.createdAt)
    assert.equal(answer.likes[4].actor.displayName, 'Ben Brook')
    assert.equal(answer.cursor, undefined)
  })

  test('getRepostedBy lists those who repost a post, newest first', async () => {
    const { uri, repostedBy } = await reader.read('app.bsky.feed.getRepostedBy', { uri: posts.pictures.uri })
    assert.equal(uri, posts.pictures.uri)
    assert.deepEqual(repostedBy.map(({ handle }) => handle), ['emil.test', 'dora.test', 'cleo.test'])
    const { repostedBy: undone } = await reader.read('app.bsky.feed.getRepostedBy', { uri: posts.plain.uri })
    assert.deepEqual(undone, [])
  })

  test('getQuotes lists the posts that quote a post', async () => {
    const quotes = async (key) => (await reader.read('app.bsky.feed.getQuotes', { uri: posts[key].uri })).posts
    assert.deepEqual((await quotes('pictures')).map(({ uri }) => name(uri)), ['quote'])
    assert.deepEqual((await quotes('plain')).map(({ uri }) => name(uri)), ['quoteWithPicture'])
    assert.equal((await quotes('pictures'))[0].embed.record.author.did, ada.did)
  })

  test('a post without reactions has empty lists', async () => {
    const uri = posts.toGil.uri
    assert.deepEqual((await reader.read('app.bsky.feed.getLikes', { uri })).likes, [])
    assert.deepEqual((await reader.read('app.bsky.feed.getRepostedBy', { uri })).repostedBy, [])
    assert.deepEqual((await reader.read('app.bsky.feed.getQuotes', { uri })).posts, [])
  })
}
