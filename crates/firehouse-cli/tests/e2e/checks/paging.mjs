// Pages joined equal the whole list, for every method that pages.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ story, reader }) {
  const { ada, ben, finn, posts, lists } = story
  const uri = (view) => view.uri
  const did = (view) => view.did
  const entry = ({ post, reason }) => reason?.uri ?? post.uri

  const cases = [
    { nsid: 'app.bsky.feed.getAuthorFeed', params: { actor: finn.did }, field: 'feed', key: entry, limit: 7, least: 26 },
    { nsid: 'app.bsky.feed.getAuthorFeed', params: { actor: ada.did, filter: 'posts_no_replies' }, field: 'feed', key: entry, limit: 2, least: 5 },
    { nsid: 'app.bsky.feed.getTimeline', params: {}, field: 'feed', key: entry, limit: 5, least: 15, viewer: ben },
    { nsid: 'app.bsky.feed.getLikes', params: { uri: posts.plain.uri }, field: 'likes', key: ({ actor }) => actor.did, limit: 2, least: 5 },
    { nsid: 'app.bsky.feed.getRepostedBy', params: { uri: posts.pictures.uri }, field: 'repostedBy', key: did, limit: 1, least: 3 },
    { nsid: 'app.bsky.feed.getQuotes', params: { uri: posts.pictures.uri }, field: 'posts', key: uri, limit: 1, least: 1 },
    { nsid: 'app.bsky.graph.getFollowers', params: { actor: ada.did }, field: 'followers', key: did, limit: 2, least: 5 },
    { nsid: 'app.bsky.graph.getFollows', params: { actor: ben.did }, field: 'follows', key: did, limit: 1, least: 2 },
    { nsid: 'app.bsky.graph.getList', params: { list: lists.neighbours.uri }, field: 'items', key: uri, limit: 1, least: 2 },
    { nsid: 'app.bsky.graph.getLists', params: { actor: ada.did }, field: 'lists', key: uri, limit: 1, least: 1 },
  ]
  for (const { nsid, params, field, key, limit, least, viewer } of cases) {
    test(`${nsid}${params.filter ? ` with ${params.filter}` : ``} gives the same in pages of ${limit} as in one`, async () => {
      const whole = (await reader.read(nsid, { ...params, limit: 100 }, viewer))[field].map(key)
      assert.ok(whole.length >= least, `${whole.length} entries, at least ${least} were written`)
      const pages = await reader.pages(nsid, params, field, limit, viewer)
      for (const page of pages) assert.ok(page.length <= limit, `a page holds at most ${limit}`)
      assert.deepEqual(pages.flat().map(key), whole)
    })
  }

  test('the last page has no cursor', async () => {
    const { cursor } = await reader.read('app.bsky.feed.getAuthorFeed', { actor: finn.did, limit: 100 })
    assert.equal(cursor, undefined)
  })
}
