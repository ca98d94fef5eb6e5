import { Readable } from 'node:stream'
import { beforeAll, expect, test } from 'vitest'
import { createRun, createRunPreviewTicket } from '#contract'
import { EVERYTHING } from '#kit/scope.ts'
import { call } from '../../../web/lib/client.ts'
import { temporaryFolder } from '../../test/artifact-places.ts'
import { ask } from '../../test/ask.ts'
import { startServer } from '../../test/server.ts'
import { openPlaces } from './places.ts'
import { previewHandlers } from './previews.ts'
import { openStores } from './stores.ts'

const PAGE = '<script>parent.document.title = document.cookie</script>'

let base: string
let run_id: string
const ticket = (path: string) => call(createRunPreviewTicket, { run_id, path }, { base })

beforeAll(async () => {
  const server = await startServer()
  base = server.base
  run_id = (await call(createRun, {}, server)).run.info.run_id
  for (const name of ['a/page & more.html', 'drawing.svg', 'weights.bin', 'feed.rss', 'MLmodel'])
    await ask(`${base}/api/2.0/mlflow-artifacts/artifacts/0/${run_id}/artifacts/${encodeURIComponent(name)}`, {
      method: 'PUT',
      body: PAGE,
    })
  return server.close
})

test('a page is shown in a sandbox, without a cookie and in parts', async () => {
  const { url, expires_time } = await ticket('a/page & more.html')
  expect(Number(expires_time)).toBeGreaterThan(Date.now())
  const shown = await ask(base + url)
  expect(shown).toMatchObject({
    status: 200,
    text: PAGE,
    headers: {
      'content-type': 'text/html',
      'content-disposition': expect.stringMatching(/^inline; filename="page & more.html"/),
      'content-security-policy': expect.stringMatching(/^sandbox allow-scripts; default-src 'none'/),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'x-frame-options': 'SAMEORIGIN',
      'cache-control': 'private, no-store',
    },
  })
  expect(shown.headers['content-security-policy']).not.toMatch(/allow-same-origin|allow-top|allow-popups/)
  expect(shown.headers).not.toHaveProperty('set-cookie')
  expect(await ask(base + url, { headers: { range: 'bytes=1-6' } })).toMatchObject({ status: 206, text: 'script' })
})

test.each([
  { name: 'drawing.svg', type: 'image/svg+xml', how: 'inline' },
  { name: 'MLmodel', type: 'text/plain; charset=utf-8', how: 'inline' },
  { name: 'weights.bin', type: 'application/octet-stream', how: 'attachment' },
  { name: 'feed.rss', type: 'application/octet-stream', how: 'attachment' },
])('$name is given as $type, $how', async ({ name, type, how }) => {
  const { headers } = await ask(base + (await ticket(name)).url)
  expect(headers['content-type']).toBe(type)
  expect(headers['content-disposition']).toMatch(new RegExp(`^${how}`))
})

test('a page that is downloaded without a ticket is never shown', async () => {
  const { headers } = await ask(`${base}/get-artifact?run_id=${run_id}&path=a/page%20%26%20more.html`)
  expect(headers['content-type']).toBe('application/octet-stream')
  expect(headers['content-disposition']).toMatch(/^attachment/)
  expect(headers['content-security-policy']).toBe("sandbox; default-src 'none'")
})

test('there are tickets for files alone', async () => {
  for (const path of ['a', 'nowhere', 'a/nowhere'])
    await expect(ticket(path)).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' })
  await expect(ticket('../x')).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
})

test('a ticket that was changed, or is for another name, is refused', async () => {
  const { url } = await ticket('drawing.svg')
  const [, , signed = '', name = ''] = url.split('/')
  const other = signed[3] === 'A' ? 'B' : 'A'
  for (const path of [`${signed.slice(0, 3)}${other}${signed.slice(4)}/${name}`, `${signed}/other.svg`, `x/${name}`])
    expect(await ask(`${base}/preview/${path}`)).toMatchObject({
      status: 403,
      json: { error_code: 'PERMISSION_DENIED', message: 'This is not the address of a preview' },
    })
})

test('a ticket ends after five minutes', async () => {
  const stores = await openStores({ store: { kind: 'folder', folder: await temporaryFolder() } })
  const found = {
    experiment_id: 1,
    artifact_uri: '',
    lifecycle_stage: 'active',
    artifact_location: 'mlflow-artifacts:/1',
  }
  const places = openPlaces(stores, {
    run: async () => found,
    model: async () => undefined,
    experiment: async () => '',
  })
  let now = 1_000_000
  const previews = previewHandlers(places, Buffer.alloc(32), () => now)
  const context = { scope: EVERYTHING, principal: '', request: {} as never }
  const { store, path } = await places.ofRun(EVERYTHING, 'r', 'x', 'read')
  await store.write(path, Readable.from([Buffer.from('x')]))
  const answer = await previews.createRunPreviewTicket({ run_id: 'r', path: 'x' }, context)
  if (!('url' in answer)) throw new Error('no ticket')
  const [, , ticket = '', name = ''] = answer.url.split('/')
  now += 300_001
  await expect(previews.openPreview({ ticket, name }, context)).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    message: expect.stringContaining('expired'),
  })
  await stores.close()
})
