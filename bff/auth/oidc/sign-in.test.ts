import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { getSession, makeLink, providerSignIn, searchExperiments, signOut } from '#contract'
import { rows, sql } from '#kit/sql.ts'
import { call } from '../../../web/lib/client.ts'
import { ask } from '../../test/ask.ts'
import { startOidcProvider } from '../../test/oidc-provider.ts'
import { PASSWORD, peopleOf } from '../../test/people.ts'
import { startServer } from '../../test/server.ts'
import type { OidcProvider } from './config.ts'
import { ownPage } from './sign-in.ts'

/** A server that knows a provider: their addresses name each other, so a front door is opened first. */
async function start(change: Partial<OidcProvider> = {}) {
  let inner = ''
  const door = createServer((socket) => {
    const behind = new (socket.constructor as typeof import('node:net').Socket)().connect(
      Number(new URL(inner).port),
      '127.0.0.1',
    )
    socket
      .on('error', () => {})
      .pipe(behind.on('error', () => {}))
      .pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(door, 'listening')
  onTestFinished(() => void door.close())
  const base = `http://127.0.0.1:${(door.address() as AddressInfo).port}`
  const provider = await startOidcProvider(`${base}/auth/oidc/ministry/callback`, `${base}/sign-in`)
  const server = await startServer({ auth: { publicUrl: base, providers: [provider.config(change)] } })
  onTestFinished(() => server.close())
  inner = server.base
  const database = server.database!
  const people = peopleOf(server)
  const admin = await people.add('root', { is_admin: true })
  return { base, provider, database, people, admin }
}

type Jar = Map<string, string>

/** One step of a browser: cookies are kept by host, redirects are followed by whoever calls. */
async function step(url: string, jar: Jar) {
  const { host } = new URL(url)
  const cookie = [...jar]
    .filter(([name]) => name.startsWith(`${host} `))
    .map(([name, value]) => `${name.split(' ')[1]}=${value}`)
  const { status, headers, text } = await ask(url, { headers: { cookie: cookie.join('; ') } })
  for (const line of headers['set-cookie'] ?? []) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (/Max-Age=0|01 Jan 1970/.test(line)) jar.delete(`${host} ${name}`)
    else jar.set(`${host} ${name}`, value)
  }
  return { status, location: headers.location && new URL(headers.location, url).href, text }
}

/** Goes on until an address of the server that is no part of signing in; says which. */
async function browse(url: string, base: string, jar: Jar) {
  let at = url
  for (let hops = 0; hops < 12; hops++) {
    const { location } = await step(at, jar)
    if (location === undefined) return at
    if (location.startsWith(base) && !location.includes('/auth/oidc/')) return location.slice(base.length)
    at = location
  }
  throw new Error(`Too many redirects, the last to ${at}`)
}

const signIn = (base: string, jar: Jar = new Map(), next = '/') =>
  browse(base + providerSignIn('ministry', next), base, jar)

async function sessionOf(base: string, jar: Jar) {
  const sid = jar.get(`${new URL(base).host} sid`)
  return call(getSession, {}, { base, headers: { cookie: `sid=${sid}` } })
}

const ana = {
  sub: 'a-1',
  preferred_username: 'ana',
  name: 'Ana Example',
  email: 'Ana@example.org',
  email_verified: true,
}

test('somebody new comes in by the provider, may do nothing yet, and lands on the page they asked for', async () => {
  const { base, provider, database } = await start()
  provider.as(ana)
  const jar: Jar = new Map()
  expect(await signIn(base, jar, '/experiments/7?filter=a%20b#runs')).toBe('/experiments/7?filter=a%20b#runs')
  const session = await sessionOf(base, jar)
  expect(session.user).toEqual({
    username: 'ana',
    display_name: 'Ana Example',
    email: 'ana@example.org',
    is_admin: false,
    has_password: false,
  })
  expect(session.providers).toEqual([{ id: 'ministry', name: 'Ministry' }])
  const cookie = `sid=${jar.get(`${new URL(base).host} sid`)}`
  const seen = await call(
    searchExperiments,
    {},
    { base, headers: { cookie, 'x-assay-csrf': session.csrf_token ?? '' } },
  )
  expect(seen.experiments).toEqual([])
  expect([...jar.keys()].filter((name) => name.endsWith(' oidc'))).toEqual([])

  provider.as({ ...ana, preferred_username: 'renamed' })
  expect(await signIn(base)).toBe('/')
  expect(await rows(database, sql`select username from users order by username`)).toEqual([
    { username: 'ana' },
    { username: 'root' },
  ])
})

test('signing out ends the session here, and says where the provider ends its own', async () => {
  const { base, provider } = await start()
  provider.as(ana)
  const jar: Jar = new Map()
  await signIn(base, jar)
  const { csrf_token = '' } = await sessionOf(base, jar)
  const cookie = `sid=${jar.get(`${new URL(base).host} sid`)}`
  const { sign_out_at = '' } = await call(signOut, {}, { base, headers: { cookie, 'x-assay-csrf': csrf_token } })
  expect(sign_out_at).toMatch(`${provider.issuer}/session/end?`)
  expect(new URL(sign_out_at).searchParams.get('post_logout_redirect_uri')).toBe(`${base}/sign-in`)
  expect((await step(sign_out_at, jar)).status).toBe(200)
  expect(await sessionOf(base, jar)).not.toHaveProperty('user')
})

test('groups are those of the provider at each sign-in, and those that people gave stay', async () => {
  const { base, provider, database } = await start()
  await rows(database, sql`insert into groups (name) values ('fraud'), ('risk'), ('by hand')`)
  provider.as({ ...ana, groups: ['fraud', 'risk', 'unknown'] })
  await signIn(base)
  await rows(
    database,
    sql`insert into group_members (group_id, user_id) select group_id, user_id from groups, users where name = 'by hand' and username = 'ana'`,
  )
  provider.as({ ...ana, groups: ['risk'] })
  await signIn(base)
  const groups = await rows(
    database,
    sql`select name, source from groups join group_members using (group_id) order by name`,
  )
  expect(groups).toEqual([
    { name: 'by hand', source: 'hand' },
    { name: 'risk', source: 'oidc' },
  ])
})

test('whoever was invited is found by a mail address that the provider vouches for', async () => {
  const { base, provider, database, people, admin } = await start()
  await people.add('invited', { email: 'ana@example.org' })
  await admin.ask(makeLink, { username: 'invited' })
  provider.as({ ...ana, email_verified: false })
  expect(await signIn(base)).toBe('/')
  expect(await rows(database, sql`select username, email from users order by username`)).toEqual([
    { username: 'ana', email: null },
    { username: 'invited', email: 'ana@example.org' },
    { username: 'root', email: null },
  ])
  provider.as({ ...ana, sub: 'a-2' })
  const jar: Jar = new Map()
  await signIn(base, jar)
  expect((await sessionOf(base, jar)).user?.username).toBe('invited')
  expect(await rows(database, sql`select from links where ended_at is null`)).toEqual([])
})

test('groups decide who may sign in and who is an administrator, at each sign-in', async () => {
  const { base, provider } = await start({ allowedGroups: ['ml'], adminGroups: ['ml-admins'] })
  provider.as({ ...ana, groups: ['others'] })
  expect(await signIn(base)).toBe('/sign-in?problem=not-allowed&next=%2F')
  const isAdmin = async (groups: string[]) => {
    provider.as({ ...ana, groups })
    const jar: Jar = new Map()
    await signIn(base, jar)
    return (await sessionOf(base, jar)).user?.is_admin
  }
  expect([await isAdmin(['ml']), await isAdmin(['ml', 'ml-admins']), await isAdmin(['ml'])]).toEqual([
    false,
    true,
    false,
  ])
})

test.each<{ why: string; person: Parameters<Awaited<ReturnType<typeof startOidcProvider>>['as']>[0]; problem: string }>(
  [
    { why: 'a name that is taken', person: { ...ana, preferred_username: 'BEN' }, problem: 'taken' },
    { why: 'the address of who has a password', person: { ...ana, email: 'ben@example.org' }, problem: 'taken' },
    {
      why: 'a name that is another address',
      person: { ...ana, preferred_username: 'boss@example.org' },
      problem: 'unverified',
    },
    ...['\uff20', '\ufe6b'].map((at) => ({
      why: `a name that looks like another address, by ${at}`,
      person: { ...ana, preferred_username: `boss${at}example.org` },
      problem: 'unverified',
    })),
    {
      why: 'an address nobody vouches for',
      person: { sub: 'x', preferred_username: 'x@example.org', email: 'x@example.org' },
      problem: 'unverified',
    },
    { why: 'no name', person: { sub: 'x' }, problem: 'name' },
    { why: 'a name that is none', person: { ...ana, preferred_username: 'a b' }, problem: 'name' },
    { why: 'a refusal', person: 'refused', problem: 'refused' },
  ],
)('$why is a reason to turn somebody away, and nothing is written', async ({ person, problem }) => {
  const { base, provider, database, people } = await start()
  await people.add('ben', { email: 'ben@example.org', password: PASSWORD })
  provider.as(person)
  const jar: Jar = new Map()
  expect(await signIn(base, jar)).toBe(`/sign-in?problem=${problem}&next=%2F`)
  expect(await sessionOf(base, jar)).not.toHaveProperty('user')
  expect(await rows(database, sql`select from users`)).toHaveLength(2)
  expect(await rows(database, sql`select from user_identities`)).toEqual([])
})

test('a disabled account stays out, and a provider that is down is said to be', async () => {
  const { base, provider, database } = await start()
  provider.as(ana)
  await signIn(base)
  await rows(database, sql`update users set disabled_at = now() where username = 'ana'`)
  expect(await signIn(base)).toBe('/sign-in?problem=disabled&next=%2F')
  const jar: Jar = new Map()
  const { location = '' } = await step(base + providerSignIn('ministry', '/x'), jar)
  await provider.stop()
  const state = new URL(location).searchParams.get('state')
  const callback = `${base}/auth/oidc/ministry/callback?code=made-up&state=${state}&iss=${encodeURIComponent(provider.issuer)}`
  expect((await step(callback, jar)).location).toBe(`${base}/sign-in?problem=provider&next=%2F`)
})

test('the answer of a provider counts in the browser that asked, once, and with the state that was sent', async () => {
  const { base, provider } = await start()
  provider.as(ana)
  const jar: Jar = new Map()
  let at = (await step(base + providerSignIn('ministry', '/'), jar)).location ?? ''
  expect(at).toMatch(/code_challenge_method=S256/)
  while (!at.startsWith(base)) at = (await step(at, jar)).location ?? base
  const expired = `${base}/sign-in?problem=expired&next=%2F`
  expect((await step(at, new Map())).location).toBe(expired)
  expect((await step(at.replace('state=', 'state=_'), new Map(jar))).location).toBe(expired)
  // not the last character: two of its bits count, and it may stay the same by them
  const changed = (value: string) => value.replace(/.(?=.$)/, (one) => (one === 'A' ? 'B' : 'A'))
  expect((await step(at, new Map([...jar].map(([name, value]) => [name, changed(value)])))).location).toBe(expired)
  const kept: Jar = new Map(jar)
  expect((await step(at, jar)).location).toBe(`${base}/`)
  expect((await step(at, kept)).location).toBe(`${base}/sign-in?problem=provider&next=%2F`)
})

test.each([
  ['/experiments/1?a=b#c', '/experiments/1?a=b#c'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https:evil.example', '/'],
  ['https://evil.example/', '/'],
  ['/\t/evil.example', '/'],
  ['/.//evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['', '/'],
  [null, '/'],
])('after signing in, %j is the page %j', (next, page) => expect(ownPage(next)).toBe(page))
