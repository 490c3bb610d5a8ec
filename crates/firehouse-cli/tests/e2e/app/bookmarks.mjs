// What an account keeps for itself: bookmarks and drafts. Others see nothing of it but a count.
import assert from 'node:assert/strict'
import { test } from 'node:test'

export default function ({ ada, ben, settle }) {
  const { bookmark, draft } = ada.agent.app.bsky

  test('a bookmark is there at the next request, and gone as soon', async () => {
    const first = await ben.post('keep this')
    const second = await ben.post('and this')
    await settle()
    for (const { uri, cid } of [first, second]) await bookmark.createBookmark({ uri, cid })
    const kept = async (account) => (await account.agent.app.bsky.bookmark.getBookmarks()).data.bookmarks.map(({ subject }) => subject.uri)
    assert.deepEqual(await kept(ada), [second.uri, first.uri])
    assert.deepEqual(await kept(ben), [])
    const [post] = (await ada.agent.getPosts({ uris: [first.uri] })).data.posts
    assert.deepEqual([post.viewer.bookmarked, post.bookmarkCount], [true, 1])
    const page = (await bookmark.getBookmarks({ limit: 1 })).data
    const next = (await bookmark.getBookmarks({ limit: 1, cursor: page.cursor })).data
    assert.deepEqual([page, next].flatMap(({ bookmarks }) => bookmarks.map(({ subject }) => subject.uri)), [second.uri, first.uri])
    await bookmark.deleteBookmark({ uri: first.uri })
    assert.deepEqual(await kept(ada), [second.uri])
  })

  test('a draft is kept, changed and thrown away', async () => {
    const words = (text) => ({ posts: [{ text }] })
    const { data } = await draft.createDraft({ draft: words('unfinished') })
    const texts = async () => (await draft.getDrafts()).data.drafts.map((kept) => kept.draft.posts[0].text)
    assert.deepEqual(await texts(), ['unfinished'])
    await draft.updateDraft({ draft: { id: data.id, draft: words('nearly done') } })
    assert.deepEqual(await texts(), ['nearly done'])
    await draft.deleteDraft({ id: data.id })
    assert.deepEqual(await texts(), [])
  })
}
