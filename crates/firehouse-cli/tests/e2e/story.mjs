// What the end-to-end test writes through the PDS, in one fixed order: a dozen accounts in a small town, and every
// kind of record, edit and deletion that the answers must reflect. checks/ read it back.
import { Account, embedRecord, ref, rising } from './account.mjs'

const NAMES = ['ada', 'ben', 'cleo', 'dora', 'emil', 'finn', 'gil', 'hana', 'ines', 'greta', 'hugo', 'joy']
const LONG_FEED = 25

/**
 * Writes the story.
 * Shape: accounts by name, and `posts`, `likes`, `reposts`, `follows`, `lists` by the name each has below, as {uri, cid, record}.
 * `feeds[name]` are the entries of an author's feed, oldest first; `gone` are records that were deleted.
 */
export async function writeStory({ pds_url, admin_password }) {
  // Two hours ago, so that claimed times lie before the times of indexing and so decide the order.
  const now = rising(Date.now() - 2 * 3600_000, 10_000)
  const story = { posts: {}, likes: {}, reposts: {}, follows: {}, lists: {}, profiles: {}, feeds: {}, gone: {} }
  for (const name of NAMES) {
    story[name] = await Account.create(pds_url, `${name}.test`, now)
    story.feeds[name] = []
  }
  const parts = [writeProfiles, writeFollows, writePosts, writeThread, writeQuotes, writeReactions, writeLists, writeBlocks, writeEdits]
  for (const part of parts) await part(story)
  await changeAccounts(story, admin_password)
  return story
}

/** Writes a post and notes it in its author's feed. */
async function post(story, name, key, write) {
  const written = await write(story[name])
  story.posts[key] = written
  story.feeds[name].push({ post: written })
}

async function writeProfiles(story) {
  const { ada, ben, cleo, emil, finn, gil, greta, hugo } = story
  story.profiles.ada = await ada.profile({
    displayName: 'Ada',
    description: 'Soon to be changed',
    avatar: await ada.blob('ada'),
    banner: await ada.blob('banner of ada', 300, 100),
  })
  story.profiles.ben = await ben.profile({ displayName: 'Ben Brook', description: 'Second line 🚒\nand a third', avatar: await ben.blob('ben') })
  for (const account of [cleo, emil, finn, gil, greta, hugo]) {
    const name = account.handle.split('.')[0]
    story.profiles[name] = await account.profile({ displayName: name.toUpperCase(), description: '' })
  }
  // dora, hana, ines and joy have no profile record at all
}

async function writeFollows(story) {
  const { ada, ben, cleo, dora, emil, finn } = story
  for (const [from, to] of [[ben, ada], [ben, cleo], [ben, dora], [cleo, ada], [dora, ada], [emil, ada], [finn, ada], [ada, ben], [ada, cleo], [finn, ben], [cleo, ben]]) {
    story.follows[`${from.handle.split('.')[0]} ${to.handle.split('.')[0]}`] = await from.follow(to)
  }
  await ben.remove(story.follows['ben dora'])
}

async function writePosts(story) {
  await post(story, 'ada', 'plain', (ada) => ada.post('The engine house is open today, and the kettle is on.'))
  await post(story, 'ada', 'rich', (ada) =>
    ada.richPost('Grüße an @ben.test: see https://example.com/bell?size=3 for the bell 🔔 #Glockenturm', { langs: ['de', 'en'], tags: ['bells'] }),
  )
  await post(story, 'ada', 'pictures', async (ada) =>
    ada.post('Two pictures from the tower', { embed: await ada.images(['tower', 'a tower'], ['view', 'the view 🌄']) }),
  )
  await post(story, 'ben', 'card', async (ben) =>
    ben.post('A timetable worth reading', {
      embed: {
        $type: 'app.bsky.embed.external',
        external: { uri: 'https://example.com/timetable', title: 'Timetable', description: 'All trains', thumb: await ben.blob('card', 160, 80) },
      },
    }),
  )
  await post(story, 'ben', 'bareCard', (ben) =>
    ben.post('A card with no picture', {
      embed: { $type: 'app.bsky.embed.external', external: { uri: 'https://example.org/news', title: 'News', description: '' } },
    }),
  )
  await post(story, 'emil', 'past', (emil) => emil.post('Claims to be old', { createdAt: '2001-02-03T04:05:06.789Z' }))
  await post(story, 'emil', 'present', (emil) => emil.post('Claims to be from today'))
  await post(story, 'emil', 'future', (emil) => emil.post('Claims to be from next century', { createdAt: '2101-01-01T00:00:00.000Z' }))
  for (let i = 1; i <= LONG_FEED; i++) await post(story, 'finn', `weather${i}`, (finn) => finn.post(`Weather note ${i}: wind from the west`))
  await post(story, 'greta', 'greta', (greta) => greta.post('Posted before a deactivation'))
  await post(story, 'hugo', 'hugo', (hugo) => hugo.post('Posted before a deletion'))
}

/**
 * root ─┬─ step2 (ada) ── step3 (ada)
 *       ├─ answer (ben) ── nested (cleo) ── thanks (ada)
 *       ├─ fromGil ── toGil (ben)                  gil will block ben
 *       └─ withdrawn (dora) ── orphan (emil)       withdrawn will be deleted
 */
async function writeThread(story) {
  const { posts } = story
  await post(story, 'ada', 'root', (ada) => ada.post('How we polish the bell, a thread'))
  await post(story, 'ada', 'step2', (ada) => ada.reply(posts.root, posts.root, 'First, find a ladder'))
  await post(story, 'ada', 'step3', (ada) => ada.reply(posts.root, posts.step2, 'Then, a friend to hold it'))
  await post(story, 'ben', 'answer', (ben) => ben.reply(posts.root, posts.root, 'I can hold a ladder'))
  await post(story, 'cleo', 'nested', (cleo) => cleo.reply(posts.root, posts.answer, 'He really can'))
  await post(story, 'ada', 'thanks', (ada) => ada.reply(posts.root, posts.nested, 'Settled then'))
  await post(story, 'gil', 'fromGil', (gil) => gil.reply(posts.root, posts.root, 'Bells are too loud'))
  await post(story, 'ben', 'toGil', (ben) => ben.reply(posts.root, posts.fromGil, 'Only at noon'))
  await post(story, 'dora', 'withdrawn', (dora) => dora.reply(posts.root, posts.root, 'I will take this back'))
  await post(story, 'emil', 'orphan', (emil) => emil.reply(posts.root, posts.withdrawn, 'Why would you'))
}

async function writeQuotes(story) {
  const { posts } = story
  await post(story, 'ben', 'quote', (ben) => ben.quote(posts.pictures, 'Look at this'))
  await post(story, 'cleo', 'quoteWithPicture', async (cleo) =>
    cleo.post('Kettle, meet cup', {
      embed: { $type: 'app.bsky.embed.recordWithMedia', record: embedRecord(posts.plain), media: await cleo.images(['cup', 'a cup']) },
    }),
  )
  await post(story, 'dora', 'quoteOfQuote', (dora) => dora.quote(posts.quote, 'Look at him looking'))
  await post(story, 'gil', 'quoteByGil', (gil) => gil.quote(posts.card, 'Late as always'))
  await post(story, 'emil', 'doomed', (emil) => emil.post('Not for long'))
  await post(story, 'finn', 'quoteOfDoomed', (finn) => finn.quote(posts.doomed, 'Was it something I said'))
}

async function writeReactions(story) {
  const { posts, likes, reposts } = story
  for (const name of ['ben', 'cleo', 'dora', 'emil', 'finn', 'gil']) likes[`${name} plain`] = await story[name].like(posts.plain)
  likes['ada card'] = await story.ada.like(posts.card)
  likes['ada answer'] = await story.ada.like(posts.answer)
  for (const [name, key] of [['cleo', 'pictures'], ['dora', 'pictures'], ['emil', 'pictures'], ['ben', 'root'], ['ben', 'plain'], ['ada', 'card']]) {
    const written = await story[name].repost(posts[key])
    reposts[`${name} ${key}`] = written
    story.feeds[name].push({ post: posts[key], repost: written })
  }
}

async function writeLists(story) {
  const { ada, ben, cleo, dora, gil, hana, lists } = story
  lists.neighbours = await ada.list('Neighbours', 'curatelist', 'People of our street')
  lists.noisy = await cleo.list('Noisy', 'modlist', 'Too loud at night')
  story.listItems = { ben: await ada.listItem(lists.neighbours, ben), cleo: await ada.listItem(lists.neighbours, cleo) }
  const dropped = await ada.listItem(lists.neighbours, dora)
  story.listItems.gil = await cleo.listItem(lists.noisy, gil)
  await hana.write('app.bsky.graph.listblock', { subject: lists.noisy.uri })
  await ada.remove(dropped)
  await post(story, 'cleo', 'quoteOfList', (cleo) => cleo.post('A list worth having', { embed: embedRecord(lists.neighbours) }))
}

async function writeBlocks(story) {
  const { ada, ben, finn, gil } = story
  story.blockOfBen = await gil.block(ben)
  const regretted = await ada.block(finn)
  await ada.remove(regretted)
}

async function writeEdits(story) {
  const { ada, ben, dora, emil, finn, cleo, posts, likes, reposts, feeds, profiles, gone } = story
  profiles.ada = await ada.overwrite(profiles.ada, {
    displayName: 'Ada Ember',
    description: 'Keeper of the bell',
    pinnedPost: ref(posts.plain),
  })
  await post(story, 'cleo', 'edited', (cleo) => cleo.post('Frist'))
  Object.assign(posts.edited, await cleo.overwrite(posts.edited, { text: 'First, corrected' }))

  const forget = (name, written) => feeds[name].splice(feeds[name].findIndex((item) => (item.repost ?? item.post) === written), 1)
  for (const [account, name, key] of [[dora, 'dora', 'withdrawn'], [emil, 'emil', 'doomed']]) {
    await account.remove(posts[key])
    forget(name, posts[key])
    gone[key] = posts[key]
  }
  await finn.remove(likes['finn plain'])
  await ben.remove(reposts['ben plain'])
  forget('ben', reposts['ben plain'])
}

async function changeAccounts({ ines, greta, hugo }, admin_password) {
  await ines.agent.com.atproto.identity.updateHandle({ handle: 'ines-moved.test' })
  await greta.agent.com.atproto.server.deactivateAccount({})
  const basic = Buffer.from(`admin:${admin_password}`).toString('base64')
  await hugo.agent.com.atproto.admin.deleteAccount({ did: hugo.did }, { headers: { authorization: `Basic ${basic}` }, encoding: 'application/json' })
}
