import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createUser, followLink, getLink, getSession, listMails, signIn } from '#contract'
import { openDatabase } from '#kit/db.ts'
import { rows, sql } from '#kit/sql.ts'
import { call } from '../web/lib/client.ts'
import { startMailServer } from './test/mail-server.ts'
import { PASSWORD } from './test/people.ts'
import { startAssay } from './test/process.ts'

function dataFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'assay-set-up-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
const serve = (folder: string, flags: string[] = [], env: Record<string, string> = {}) =>
  startAssay(['serve', '--port=0', '--auth=on', `--data=${folder}`, ...flags], env)

test('a first start prints one link to set up, leaves it in a file for its user alone, and logs it nowhere', async () => {
  const folder = dataFolder()
  const file = join(folder, 'set-up-link')
  const assay = serve(folder, ['--static-prefix=/ml'])
  const link = await assay.hears(/(http:\/\/127\.0\.0\.1:\d+\/ml\/link#[\w-]{43})/)
  expect(readFileSync(file, 'utf8')).toBe(`${link}\n`)
  expect(statSync(file).mode & 0o777).toBe(0o600)

  const [base = '', secret = ''] = link.split('/link#')
  expect(await call(getLink, { secret }, { base })).toMatchObject({ purpose: 'setup' })
  const { token } = await call(followLink, { secret, username: 'root', password: PASSWORD }, { base })
  expect(await call(getSession, {}, { base, headers: { authorization: `Bearer ${token}` } })).toMatchObject({
    auth: 'on',
    user: { username: 'root', is_admin: true },
  })
  await assay.logs({ route: '/api/assay/links/{secret}', method: 'POST' })
  assay.child.kill('SIGTERM')
  await assay.exited
  expect(assay.printed()).not.toContain(secret)
  expect(assay.printed()).not.toContain(PASSWORD)
  expect(assay.printed()).not.toContain(token)

  const again = serve(folder)
  await again.url()
  expect(again.said()).not.toContain('/link#')
  // taken away once it is of no use
  await expect.poll(() => existsSync(file)).toBe(false)
})

test('an administrator in the environment needs no link', async () => {
  const assay = serve(dataFolder(), ['--admin-username=root'], { ASSAY_ADMIN_PASSWORD: PASSWORD })
  const base = await assay.url()
  expect((await call(signIn, { username: 'root', password: PASSWORD }, { base })).user).toMatchObject({
    is_admin: true,
  })
  expect(assay.said()).not.toContain('/link#')
})

test('a password that is too easy is no reason to start without one', async () => {
  const assay = serve(dataFolder(), ['--admin-username=root'], { ASSAY_ADMIN_PASSWORD: 'root' })
  expect(await assay.exited).toBe(1)
  expect(assay.said()).toMatch(/could not start: The password is too short/)
})

test('killed while one mail is handed over and another waits: the one is not sent again, the other is sent once', async () => {
  const folder = dataFolder()
  const { promise: handing, resolve: isHanded } = Promise.withResolvers<void>()
  const hanging = await startMailServer({
    onText() {
      isHanded()
      return new Promise(() => {})
    },
  })
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const start = (smtp: number) =>
    startAssay(
      [
        'serve',
        '--auth=on',
        `--port=${port}`,
        `--public-url=${base}`,
        `--data=${folder}`,
        `--smtp-url=smtp://127.0.0.1:${smtp}`,
        '--mail-from=assay@example.org',
        '--admin-username=root',
      ],
      { ASSAY_ADMIN_PASSWORD: PASSWORD },
    )
  const auth = { authorization: `Basic ${Buffer.from(`root:${PASSWORD}`).toString('base64')}` }

  const first = start(hanging.port)
  await first.url()
  await call(createUser, { username: 'ben', email: 'ben@example.org' }, { base, headers: auth })
  await handing
  await call(createUser, { username: 'ana', email: 'ana@example.org' }, { base, headers: auth })
  first.child.kill('SIGKILL')
  await first.exited

  // as if the quarter of an hour had gone by, after which nobody can be handing it over any more
  const database = await openDatabase({ folder: join(folder, 'database') })
  const handed = await rows<{ to_address: string }>(
    database,
    sql`update mails set handed_at = handed_at - interval '16 minutes' where handed_at is not null returning to_address`,
  )
  await database.close()
  expect(handed).toEqual([{ to_address: 'ben@example.org' }])

  const server = await startMailServer()
  const second = start(server.port)
  await second.url()
  const [mail] = await server.took(1)
  expect(mail?.to?.[0]?.address).toBe('ana@example.org')
  await expect
    .poll(async () => (await call(listMails, { state: 'failed' }, { base, headers: auth })).mails, { timeout: 20_000 })
    .toEqual([
      expect.objectContaining({ to: 'ben@example.org', last_error: expect.stringMatching(/may have sent it/) }),
    ])
  await expect
    .poll(async () => (await call(listMails, { state: 'sent' }, { base, headers: auth })).mails)
    .toHaveLength(1)
  expect(server.mails).toHaveLength(1)
})

/** One that is free now. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
