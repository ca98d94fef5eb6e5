import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Email } from 'postal-mime'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import { openLog } from '#kit/log.ts'
import { row, rows, sql } from '#kit/sql.ts'
import { certificate } from '../../test/certificate.ts'
import { testDatabase } from '../../test/database.ts'
import { startMailServer } from '../../test/mail-server.ts'
import { createLink, describeLink, planLink } from '../links/links.ts'
import type { MailConfig } from './config.ts'
import type { NewMail } from './outbox.ts'
import { queueMail } from './outbox.ts'
import { openSender } from './sender.ts'

const sender = { organisation: 'Ministry of Models', address: 'https://assay.example.org/ml' }
const { log } = openLog({ level: 'silent' })

let database: Database
let user_id: number

beforeAll(async () => {
  database = await openDatabase(await testDatabase())
  const ana = await row<{ user_id: number }>(
    database,
    sql`insert into users (username, username_key) values ('ana', 'ana') returning user_id`,
  )
  user_id = ana!.user_id
})
afterAll(() => database.close())
beforeEach(async () => {
  await rows(database, sql`delete from mails`)
  await rows(database, sql`delete from links`)
})

/** A replica that sends. */
function sending(mail: MailConfig) {
  const opened = openSender({ database, mail, sender, log, everyMs: 20 })
  onTestFinished(() => opened.close())
  return opened
}

const invite = (hours = 72) =>
  database.transaction(async (db) => {
    const link_id = await planLink(db, { purpose: 'invite', user_id, hours })
    const content = { username: 'ana', by: 'lead@example.org' }
    await queueMail(db, {
      letter: 'invite',
      content,
      link_id,
      to: 'ana@example.org',
      idempotency_key: `invite/${link_id}`,
    })
    return link_id
  })

const notice = (key: string, change: Partial<NewMail> = {}) =>
  queueMail(database, {
    letter: 'access-changed',
    content: {
      by: 'lead',
      changes: [{ resource_type: 'experiment', resource_id: '7', name: 'fraud', permissions: ['READ'] }],
    },
    to: 'ana@example.org',
    idempotency_key: key,
    ...change,
  } as NewMail)

type State = { sent: boolean; failed: boolean; handed: boolean; attempts: number; last_error: string | null }
const states = () =>
  rows<State>(
    database,
    sql`select sent_at is not null sent, failed_at is not null failed, handed_at is not null handed, attempts, last_error
        from mails order by mail_id`,
  )
/** Until the first mail is as asked. */
const becomes = (state: Partial<State>) =>
  vi.waitFor(async () => expect((await states())[0]).toMatchObject(state), { timeout: 10_000, interval: 10 })
const dueNow = () => rows(database, sql`update mails set next_attempt_at = now(), last_error = null`)
const secretIn = ({ text }: Email) => /#([\w-]{43})$/m.exec(text ?? '')?.[1] ?? 'no link'

test('an invitation holds a link that works, in the name of the organisation, as text and as HTML', async () => {
  const server = await startMailServer()
  await invite()
  sending(server.config)
  const [mail] = await server.took(1)
  expect(mail).toMatchObject({
    from: { name: 'Ministry of Models', address: 'assay@example.org' },
    to: [{ address: 'ana@example.org' }],
    subject: 'Ministry of Models: your access to Assay',
    messageId: expect.stringMatching(/^<[0-9a-f-]{36}@example\.org>$/),
  })
  expect(mail!.headers).toContainEqual(expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }))
  const url = `https://assay.example.org/ml/link#${secretIn(mail!)}`
  expect(mail!.text).toContain(url)
  expect(mail!.html).toContain(`<a href="${url}">Choose a password and sign in</a>`)
  expect(mail!.text).toContain('lead@example.org has added you')
  expect(mail!.text).toContain('within 72 hours')
  expect(await describeLink(database, secretIn(mail!))).toMatchObject({ username: 'ana', purpose: 'invite' })
  await becomes({ sent: true, attempts: 1 })
})

test('what a mail holds of a secret is not in the database', async () => {
  const server = await startMailServer()
  await invite()
  sending(server.config)
  const [mail] = await server.took(1)
  const [text] = await database.texts(
    sql`select (select json_agg(m)::text from mails m) || (select json_agg(l)::text from links l)`,
  )
  expect(text?.[0]).toContain('ana@example.org')
  expect(text?.[0]).not.toContain(secretIn(mail!))
})

test('the same mail is queued once', async () => {
  expect([await notice('a'), await notice('a'), await notice('b')]).toEqual([true, false, true])
  expect(await states()).toHaveLength(2)
})

test('what is rolled back is not mailed', async () => {
  const undone = database.transaction(async (db) => {
    await queueMail(db, {
      letter: 'access-changed',
      content: { by: '', changes: [] },
      to: 'a@b.c',
      idempotency_key: 'undone',
    })
    throw new Error('undone')
  })
  await expect(undone).rejects.toThrow('undone')
  expect(await states()).toEqual([])
})

test('two replicas send twenty mails, each once', async () => {
  const server = await startMailServer()
  for (let i = 0; i < 20; i++) await notice(`${i}`, { to: `user-${i}@example.org` })
  sending(server.config)
  sending(server.config)
  const mails = await server.took(20)
  await vi.waitFor(async () => expect((await states()).every(({ sent }) => sent)).toBe(true))
  expect(new Set(mails.map(({ to }) => to?.[0]?.address))).toHaveLength(20)
  expect(mails).toHaveLength(20)
})

test('a mail server that is down is tried again, and the link of the mail that comes at last works', async () => {
  const gone = await startMailServer()
  await gone.stop()
  await invite()
  sending(gone.config)
  await becomes({
    attempts: 1,
    sent: false,
    failed: false,
    handed: false,
    last_error: expect.stringMatching(/ECONNREFUSED/),
  })
  const back = await startMailServer({ port: gone.port })
  await dueNow()
  const [mail] = await back.took(1)
  await becomes({ sent: true, attempts: 2, last_error: null })
  expect(await describeLink(database, secretIn(mail!))).toMatchObject({ username: 'ana' })
})

const answer = (responseCode: number) => Object.assign(new Error(`said ${responseCode}`), { responseCode })

test.each([
  { why: 'the address for now', server: (code: number) => ({ onRcptTo: refuse(code) }), code: 451, failed: false },
  { why: 'the address for good', server: (code: number) => ({ onRcptTo: refuse(code) }), code: 550, failed: true },
  {
    why: 'the text for now',
    server: (code: number) => ({ onText: () => Promise.reject(answer(code)) }),
    code: 452,
    failed: false,
  },
  {
    why: 'the text for good',
    server: (code: number) => ({ onText: () => Promise.reject(answer(code)) }),
    code: 554,
    failed: true,
  },
])('a mail server that refuses $why ($code)', async ({ server, code, failed }) => {
  const { config, mails } = await startMailServer(server(code))
  await notice('refused')
  sending(config)
  await becomes({
    attempts: 1,
    sent: false,
    failed,
    handed: failed && code === 554,
    last_error: expect.stringContaining(`said ${code}`),
  })
  expect(mails).toEqual([])
})

const refuse = (code: number) => (_address: unknown, _session: unknown, done: (error: Error) => void) =>
  done(answer(code))

test('a refusal for now is tried again until it is taken', async () => {
  let times = 0
  const { config, took } = await startMailServer({
    onText: () => (++times < 3 ? Promise.reject(answer(451)) : undefined),
  })
  await notice('patient')
  sending(config)
  await becomes({ attempts: 1, handed: false, last_error: expect.stringContaining('said 451') })
  await dueNow()
  await becomes({ attempts: 2, handed: false, last_error: expect.stringContaining('said 451') })
  await dueNow()
  expect(await took(1)).toHaveLength(1)
  await becomes({ sent: true, attempts: 3 })
})

test('the next attempt comes later each time, and the eighteenth is the last', async () => {
  const { config } = await startMailServer({ onRcptTo: refuse(451) })
  await notice('backoff')
  sending(config)
  const minutes: number[] = []
  for (const attempts of [1, 2, 3, 10]) {
    await rows(database, sql`update mails set attempts = ${attempts - 1}, next_attempt_at = now(), last_error = null`)
    await becomes({ attempts, last_error: expect.stringContaining('said 451') })
    const due = await row<{ minutes: number }>(
      database,
      sql`select round(extract(epoch from next_attempt_at - now()) / 60)::int minutes from mails`,
    )
    minutes.push(due!.minutes)
  }
  expect(minutes).toEqual([1, 2, 4, 360])
  await rows(database, sql`update mails set attempts = 17, next_attempt_at = now()`)
  await becomes({ attempts: 18, failed: true })
})

test('one slow mail server, two replicas, and a mail that is overdue meanwhile: it is sent once', async () => {
  const { promise: reading, resolve: isReading } = Promise.withResolvers<void>()
  const { promise: pause, resolve: goOn } = Promise.withResolvers<void>()
  const server = await startMailServer({
    async onText() {
      isReading()
      await pause
    },
  })
  await notice('slow')
  sending(server.config)
  sending(server.config)
  await reading
  // as if whoever sends had held it for too long
  await dueNow()
  await notice('other', { to: 'ben@example.org' })
  goOn()
  await server.took(2)
  await vi.waitFor(async () => expect((await states()).map(({ sent }) => sent)).toEqual([true, true]))
  expect(server.mails.map(({ to }) => to?.[0]?.address).sort()).toEqual(['ana@example.org', 'ben@example.org'])
})

test('where the connection breaks off after the text, it is not sent again, and says why', async () => {
  let sockets: { destroy(): void }[] = []
  let texts = 0
  const server = await startMailServer({
    onText() {
      texts++
      for (const socket of sockets) socket.destroy()
      return new Promise(() => {})
    },
  })
  const proxy = createServer((socket) => {
    sockets.push(socket)
    const inner = new (socket.constructor as typeof import('node:net').Socket)().connect(server.port, '127.0.0.1')
    sockets.push(inner)
    socket
      .on('error', () => {})
      .pipe(inner.on('error', () => {}))
      .pipe(socket)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void proxy.close())
  await once(proxy, 'listening')
  await notice('broken')
  sending({ ...server.config, port: (proxy.address() as AddressInfo).port })
  await becomes({
    failed: true,
    sent: false,
    attempts: 1,
    last_error: expect.stringMatching(/^The mail server was being handed this mail/),
  })
  sockets = []
  await dueNow()
  await notice('next')
  await vi.waitFor(() => expect(texts).toBe(2))
  expect((await states())[0]).toMatchObject({ attempts: 1, failed: true })
})

test('what a killed server was handing over is given up, what it had only taken up is sent', async () => {
  const server = await startMailServer()
  await notice('handed')
  await notice('taken up', { to: 'ben@example.org' })
  await rows(
    database,
    sql`update mails set attempts = 1, handed_at = case idempotency_key when 'handed' then now() - interval '16 minutes' end`,
  )
  sending(server.config)
  await becomes({ failed: true, sent: false, last_error: expect.stringMatching(/may have sent it/) })
  const mails = await server.took(1)
  expect(mails.map(({ to }) => to?.[0]?.address)).toEqual(['ben@example.org'])
})

test('a mail whose link was replaced meanwhile is not sent', async () => {
  const server = await startMailServer()
  await invite()
  await database.transaction((db) => createLink(db, { purpose: 'invite', user_id, hours: 1 }))
  sending(server.config)
  await becomes({ failed: true, last_error: expect.stringMatching(/replaced by a newer one/) })
  expect(server.mails).toEqual([])
})

test('a mail of a user who was removed is not sent', async () => {
  await invite()
  await rows(database, sql`delete from links`)
  expect(await states()).toEqual([])
})

test('names begin no header, no line and no tag', async () => {
  const server = await startMailServer()
  await notice('hostile', {
    letter: 'access-request',
    content: {
      username: 'eve\r\nBcc: all@example.org',
      resource_type: 'registered_model',
      resource_id: '../a?b#c',
      name: '<img src=x onerror=alert(1)>\n\n.\r\n\u202eMAIL FROM:<x>',
      permission: 'READ',
      message: '"></a><script>',
    },
  })
  sending(server.config)
  const [mail] = await server.took(1)
  expect(mail!.headers.map(({ key }) => key)).not.toContain('bcc')
  expect(mail!.subject).toBe('Ministry of Models: eve Bcc: all@example.org asks for access in Assay')
  expect(mail!.html).toContain('&lt;img src=x onerror=alert(1)&gt; . MAIL FROM:&lt;x&gt;')
  expect(mail!.html).not.toMatch(/<img|<script|\u202e/)
  expect(mail!.html).toContain('href="https://assay.example.org/ml/models/..%2Fa%3Fb%23c/access"')
  expect(mail!.text).toContain('“<img src=x onerror=alert(1)> . MAIL FROM:<x>”')
})

test('the password goes over TLS of a known authority only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const caFile = join(folder, 'ca.pem')
  await writeFile(caFile, certificate.cert)
  const said: unknown[] = []
  const server = await startMailServer({
    ...certificate,
    disabledCommands: [],
    authOptional: false,
    onAuth({ username, password }, _session, done) {
      said.push(`${username}:${password}`)
      done(null, { user: username ?? '' })
    },
  })
  const plain = await startMailServer({ disabledCommands: ['STARTTLS'] })
  const config: MailConfig = {
    ...server.config,
    host: 'localhost',
    tls: 'starttls',
    login: { user: 'assay', password: 'secret' },
    caFile,
  }
  await notice('guarded')

  const noTls = sending({ ...config, port: plain.port })
  await becomes({ attempts: 1, last_error: expect.stringMatching(/STARTTLS/i) })
  await noTls.close()
  await dueNow()
  const unknown = sending({ ...config, caFile: undefined })
  await becomes({ attempts: 2, last_error: expect.stringMatching(/certificate/) })
  await unknown.close()
  expect([said, plain.mails]).toEqual([[], []])
  await dueNow()
  sending(config)
  await server.took(1)
  expect(said).toEqual(['assay:secret'])
})

test('a wrong password for the mail server is a reason to try again, not to lose mails', async () => {
  const server = await startMailServer({ authOptional: false, onAuth: (_auth, _session, done) => done(answer(535)) })
  await notice('waiting')
  sending({ ...server.config, login: { user: 'assay', password: 'old' } })
  await becomes({ attempts: 1, failed: false, last_error: expect.stringContaining('535') })
})
