// app.bsky.feed.getPosts: records, embeds, counts, viewer state.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json } from '../reader.mjs'

export default function ({ story, reader }) {
  const { ada, ben, posts } = story
  const get = async (keys, viewer) => (await reader.read('app.bsky.feed.getPosts', { uris: keys.map((key) => posts[key].uri) }, viewer)).posts
  const one = async (key, viewer) => {
    const found = await get([key], viewer)
    assert.equal(found.length, 1, `${key} is there`)
    return found[0]
  }

  test('a record comes back as it was written', async () => {
    const keys = ['plain', 'rich', 'pictures', 'card', 'bareCard', 'root', 'nested', 'quote', 'quoteWithPicture', 'edited', 'past', 'future']
    const found = await get(keys)
    assert.deepEqual(found.map(({ uri }) => uri), keys.map((key) => posts[key].uri))
    for (const [i, key] of keys.entries()) {
      assert.deepEqual(json(found[i].record), json(posts[key].record), key)
      assert.equal(found[i].cid, posts[key].cid, key)
    }
  })

  test('a post names its author', async () => {
    const { author } = await one('plain')
    assert.equal(author.did, ada.did)
    assert.equal(author.handle, 'ada.test')
    assert.equal(author.displayName, 'Ada Ember')
    assert.equal(author.createdAt, story.profiles.ada.record.createdAt)
  })

  test('likes, reposts, replies and quotes are counted, what was taken back is not', async () => {
    const counts = ({ likeCount, repostCount, replyCount, quoteCount }) => ({ likeCount, repostCount, replyCount, quoteCount })
    const found = await get(['plain', 'pictures', 'root', 'answer', 'toGil'])
    assert.deepEqual(found.map(counts), [
      { likeCount: 5, repostCount: 0, replyCount: 0, quoteCount: 1 },
      { likeCount: 0, repostCount: 3, replyCount: 0, quoteCount: 1 },
      { likeCount: 0, repostCount: 1, replyCount: 3, quoteCount: 0 },
      { likeCount: 1, repostCount: 0, replyCount: 1, quoteCount: 0 },
      { likeCount: 0, repostCount: 0, replyCount: 0, quoteCount: 0 },
    ])
  })

  test('a viewer sees their own like and repost', async () => {
    const [plain, root, pictures] = await get(['plain', 'root', 'pictures'], ben)
    assert.equal(plain.viewer.like, story.likes['ben plain'].uri)
    assert.equal(plain.viewer.repost, undefined, 'the repost was taken back')
    assert.equal(root.viewer.repost, story.reposts['ben root'].uri)
    assert.equal(root.viewer.like, undefined)
    assert.deepEqual([pictures.viewer.like, pictures.viewer.repost], [undefined, undefined])
    assert.equal((await one('plain')).viewer, undefined)
    assert.equal((await one('plain', story.finn)).viewer.like, undefined, 'the like was taken back')
  })

  test('pictures are linked in both sizes with their texts', async () => {
    const { embed } = await one('pictures')
    assert.equal(embed.$type, 'app.bsky.embed.images#view')
    const written = posts.pictures.record.embed.images
    assert.equal(embed.images.length, written.length)
    for (const [i, view] of embed.images.entries()) {
      const cid = written[i].image.ref
      assert.match(view.thumb, new RegExp(`/feed_thumbnail/plain/${ada.did}/${cid}`))
      assert.match(view.fullsize, new RegExp(`/feed_fullsize/plain/${ada.did}/${cid}`))
      assert.equal(view.alt, written[i].alt)
      assert.deepEqual(json(view.aspectRatio), written[i].aspectRatio)
    }
  })

  test('a link card keeps its texts, and its picture when it has one', async () => {
    const [card, bare] = await get(['card', 'bareCard'])
    assert.equal(card.embed.$type, 'app.bsky.embed.external#view')
    const { uri, title, description, thumb } = card.embed.external
    assert.deepEqual({ uri, title, description }, { uri: 'https://example.com/timetable', title: 'Timetable', description: 'All trains' })
    assert.match(thumb, new RegExp(`/feed_thumbnail/plain/${ben.did}/${posts.card.record.embed.external.thumb.ref}`))
    assert.equal(bare.embed.external.uri, 'https://example.org/news')
    assert.equal(bare.embed.external.thumb, undefined)
  })

  test('a quote holds the quoted post and its embeds', async () => {
    const { embed } = await one('quote')
    assert.equal(embed.$type, 'app.bsky.embed.record#view')
    const { record } = embed
    assert.equal(record.$type, 'app.bsky.embed.record#viewRecord')
    assert.equal(record.uri, posts.pictures.uri)
    assert.equal(record.cid, posts.pictures.cid)
    assert.equal(record.author.did, ada.did)
    assert.deepEqual(json(record.value), json(posts.pictures.record))
    assert.equal(record.repostCount, 3)
    assert.deepEqual(record.embeds.map(({ $type }) => $type), ['app.bsky.embed.images#view'])
  })

  test('a quote of a quote stops at the second level', async () => {
    const { record } = (await one('quoteOfQuote')).embed
    assert.equal(record.uri, posts.quote.uri)
    const [inner] = record.embeds
    assert.equal(inner.record.uri, posts.pictures.uri)
    assert.equal(inner.record.embeds, undefined)
  })

  test('a quote with a picture holds both', async () => {
    const { embed } = await one('quoteWithPicture')
    assert.equal(embed.$type, 'app.bsky.embed.recordWithMedia#view')
    assert.equal(embed.record.record.uri, posts.plain.uri)
    assert.equal(embed.media.$type, 'app.bsky.embed.images#view')
    assert.equal(embed.media.images[0].alt, 'a cup')
  })

  test('a quoted list is shown as a list', async () => {
    const { record } = (await one('quoteOfList')).embed
    assert.equal(record.$type, 'app.bsky.graph.defs#listView')
    assert.equal(record.name, 'Neighbours')
    assert.equal(record.creator.did, ada.did)
  })

  test('a quote of a deleted post says so', async () => {
    const { record } = (await one('quoteOfDoomed')).embed
    assert.equal(record.$type, 'app.bsky.embed.record#viewNotFound')
    assert.equal(record.uri, posts.doomed.uri)
    assert.equal(record.notFound, true)
  })

  test('deleted, unknown and repeated posts are left out', async () => {
    const uris = [posts.doomed.uri, posts.plain.uri, `at://${ada.did}/app.bsky.feed.post/3aaaaaaaaaaaa`, posts.plain.uri]
    const found = (await reader.read('app.bsky.feed.getPosts', { uris })).posts
    assert.deepEqual(found.map(({ uri }) => uri), [posts.plain.uri])
  })

  test('a claimed time in the future does not outrun the clock', async () => {
    const [past, future] = await get(['past', 'future'])
    assert.equal(past.indexedAt, '2001-02-03T04:05:06.789Z')
    assert.ok(Date.parse(future.indexedAt) <= Date.now())
  })
}
