// What can happen to an account, one thing after another, and what an AppView must answer then.
import { finishMove, moveIdentity, prepareMove } from './migration.mjs'

/**
 * One account goes through all of it. `seen(name, change, facts)` makes the change, and waits until all `facts` about the answers are true.
 * `network`: of servers.mjs; `friend`: an account it follows.
 */
export async function liveThrough({ account, friend, network, ask, seen, untilAllIsReadable }) {
  const { did } = account
  const answers = async (...uris) => ({
    profile: await ask.profile(did),
    posts: await ask.posts(...uris),
    feed: await ask.feed(did),
    followers: await ask.followers(friend.did),
  })
  /** Everything of the account is shown, as it is to the eyes of others. */
  const isThere = async (...uris) => {
    const { profile, posts, feed, followers } = await answers(...uris)
    return {
      'profile with its handle': profile.handle === account.handle,
      'its posts': posts.length === uris.length,
      'its feed': uris.every((uri) => feed.includes(uri)),
      'among the followers of its friend': followers.includes(did),
    }
  }
  /** Nothing is, and its profile is refused with this name. */
  const isGone = async (error, ...uris) => {
    const { profile, posts, feed, followers } = await answers(...uris)
    return {
      [`profile refused: ${error}`]: profile.error === error,
      'no posts': posts.length === 0,
      'no feed': feed.length === 0,
      'not among the followers of its friend': !followers.includes(did),
    }
  }

  const first = await seen(
    'post',
    () => account.post('From before everything'),
    async ({ uri }) => ({ 'the post': (await ask.posts(uri)).length === 1 }),
  )
  await seen('follow', () => account.follow(friend), () => isThere(first.uri))
  await changeHandle({ account, ask, seen })

  const { server, admin } = account.agent.com.atproto
  await seen('deactivation', () => server.deactivateAccount({}), () => isGone('AccountDeactivated', first.uri))
  await seen('reactivation', () => server.activateAccount(), () => isThere(first.uri))
  const takeDown = (applied) =>
    admin.updateSubjectStatus(
      { subject: { $type: 'com.atproto.admin.defs#repoRef', did }, takedown: { applied } },
      { headers: network.adminHeaders, encoding: 'application/json' },
    )
  await seen('takedown', () => takeDown(true), () => isGone('AccountTakedown', first.uri))
  await seen('takedown reversed', () => takeDown(false), () => isThere(first.uri))
  await beLabelled({ did, post: first, network, ask, seen })

  const move = await prepareMove(account, network.pds[1], account.handle.replace(/\.test$/, '.two.test'))
  const code = await network.mailedCode(did, 'plc_operation')
  await seen(
    'migration: identity',
    () => moveIdentity(account, move, code),
    async () => ({ 'the new handle': (await ask.profile(did)).handle === move.agent.session.handle }),
  )
  await finishMove(account, move)
  const second = await seen(
    'migration: first post at the new PDS',
    () => account.post('From the new house'),
    ({ uri }) => isThere(first.uri, uri),
  )
  // What the old PDS said last is heard by now, and it may no longer speak for the account.
  await untilAllIsReadable()
  await seen('migration: nothing lost', () => {}, () => isThere(first.uri, second.uri))

  const token = await network.mailedCode(did, 'delete_account')
  const { agent, password } = account
  await seen(
    'deletion',
    () => agent.com.atproto.server.deleteAccount({ did, password, token }),
    async () => ({
      ...(await isGone('InvalidRequest', first.uri, second.uri)),
      'the handle is nobody’s': (await ask.did(account.handle)) === undefined,
    }),
  )
}

async function changeHandle({ account, ask, seen }) {
  const [before, after] = [account.handle, account.handle.replace('.', '-renamed.')]
  await seen(
    'handle change',
    () => account.agent.com.atproto.identity.updateHandle({ handle: after }),
    async () => {
      const profile = await ask.profile(after)
      return {
        'profile by the new handle': profile.did === account.did && profile.handle === after,
        'the new handle resolves': (await ask.did(after)) === account.did,
        'the old handle does not': (await ask.did(before)) === undefined,
      }
    },
  )
  account.handle = after
}

async function beLabelled({ did, post, network, ask, seen }) {
  const says = async (uri) => (await ask.labels(uri)).some(({ neg }) => !neg)
  const ofPost = async (is) => ({
    'label in getPosts': (await ask.postLabels(post.uri)).includes('spam') === is,
    'label in queryLabels': (await says(post.uri)) === is,
  })
  const ofAccount = async (is) => ({
    'label in getProfile': (await ask.profileLabels(did)).includes('rude') === is,
    'label in queryLabels': (await says(did)) === is,
  })
  await seen('label of a post', () => network.label({ uri: post.uri, cid: post.cid, create: ['spam'] }), () => ofPost(true))
  await seen('label of an account', () => network.label({ uri: did, create: ['rude'] }), () => ofAccount(true))
  await seen('label of a post negated', () => network.label({ uri: post.uri, cid: post.cid, negate: ['spam'] }), () => ofPost(false))
  await seen('label of an account negated', () => network.label({ uri: did, negate: ['rude'] }), () => ofAccount(false))
}
