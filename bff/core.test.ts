import { randomBytes } from 'node:crypto'
import { mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { createRun, downloadArtifact, getReady, searchExperiments, uploadArtifact } from '#contract'
import { EVERYTHING } from '#kit/scope.ts'
import { CALLER_HEADER, signCaller } from '#kit/signed-caller.ts'
import { call, urlOf } from '../web/lib/client.ts'
import { behindTls } from './test/behind-tls.ts'
import { certificate } from './test/certificate.ts'
import { startAssay } from './test/process.ts'

// The core as a process of its own, and a server in front of it.

const ASSAY_CORE_SECRET = randomBytes(32).toString('hex')
const newFolder = () => mkdtempSync(join(tmpdir(), 'assay-core-'))
const artifactsIn = (folder: string) => ['--artifacts-only', `--artifacts=${join(folder, 'artifacts')}`]

async function startCore(flags: readonly string[] = []) {
  const folder = newFolder()
  const socketPath = join(folder, 'core.sock')
  const core = startAssay(['core', `--core-socket=${socketPath}`, `--data=${folder}`, ...flags], { ASSAY_CORE_SECRET })
  await core.hears(/The core is ready at unix:/)
  return { core, folder, socketPath }
}

const ask = (socketPath: string, method: string, path: string, headers: Record<string, string> = {}, body = '') =>
  new Promise<{ status: number | undefined; json: unknown }>((resolve, reject) => {
    request({ socketPath, method, path, headers, agent: false }, async (answer) => {
      const body = await text(answer)
      resolve({ status: answer.statusCode, json: body.startsWith('{') ? JSON.parse(body) : body })
    })
      .on('error', reject)
      .end(body)
  })

describe('a core on a socket', () => {
  test('answers none but those who have its secret', async () => {
    const { core, folder, socketPath } = await startCore(artifactsIn(newFolder()))
    expect(statSync(socketPath).mode & 0o777).toBe(0o600)
    const caller = { principal: 'ann', scope: EVERYTHING }
    const path = '/api/2.0/mlflow-artifacts/artifacts?path='
    const signed = (secret = ASSAY_CORE_SECRET) => ({
      [CALLER_HEADER]: signCaller(secret, { method: 'GET', path: path }, caller),
    })
    expect(await ask(socketPath, 'GET', path, signed())).toMatchObject({ status: 200 })
    const denied = { status: 403, json: { error_code: 'PERMISSION_DENIED' } }
    expect(await ask(socketPath, 'GET', path, signed(`${ASSAY_CORE_SECRET}0`))).toMatchObject(denied)
    expect(await ask(socketPath, 'GET', `${path}x`, signed())).toMatchObject(denied)
    const unsigned = { status: 401, json: { error_code: 'UNAUTHENTICATED' } }
    for (const other of [path, '/', '/none', '/version', '/openapi.json', '/api/assay/server', '/graphql'])
      expect(await ask(socketPath, 'GET', other)).toMatchObject(unsigned)
    for (const method of ['PUT', 'POST', 'DELETE'])
      expect(await ask(socketPath, method, '/api/2.0/mlflow-artifacts/artifacts/x')).toMatchObject(unsigned)
    for (const probe of ['/health', '/ready', '/metrics'])
      expect((await ask(socketPath, 'GET', probe)).status).toBe(200)

    const second = startAssay(['core', `--core-socket=${socketPath}`, ...artifactsIn(folder)], { ASSAY_CORE_SECRET })
    expect(await second.exited).toBe(1)
    expect(second.said()).toMatch(/core\.sock cannot be listened on \(EADDRINUSE\): choose another/)
    core.child.kill('SIGKILL')
    await core.exited
    const third = startAssay(['core', `--core-socket=${socketPath}`, ...artifactsIn(folder)], { ASSAY_CORE_SECRET })
    await third.hears(/The core is ready/)
    third.child.kill('SIGTERM')
    expect(await third.exited).toBe(0)
  })

  test('serves clients through a server in front of it, which is ready as long as the core is', async () => {
    const { core, folder, socketPath } = await startCore()
    const secretFile = join(folder, 'secret')
    writeFileSync(secretFile, `${ASSAY_CORE_SECRET}\n`)
    const front = startAssay(['serve', '--port=0', `--tracking-url=unix:${socketPath}`, '--workers=2'], {
      ASSAY_CORE_SECRET_FILE: secretFile,
    })
    const base = await front.url()
    expect(front.said()).toContain(`It relays to the core at unix:${socketPath}`)
    expect((await call(searchExperiments, {}, { base })).experiments).toMatchObject([{ name: 'Default' }])
    const path = '/api/2.0/mlflow/experiments/get?experiment_id=0'
    await fetch(base + path, { headers: { 'x-request-id': 'one-and-the-same' } })
    const line = { id: 'one-and-the-same', route: '/api/2.0/mlflow/experiments/get', status: 200 }
    core.child.kill('SIGTERM')
    expect(await core.exited).toBe(0)
    await core.logs(line)
    await expect(call(getReady, {}, { base })).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' })
    const answer = await fetch(base + path)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect((await fetch(`${base}/health`)).status).toBe(200)
    front.child.kill('SIGTERM')
    expect(await front.exited).toBe(0)
    await front.logs(line)
  })
})

test('a JSON body is the one that was signed, or is refused; the bytes of an artifact are not vouched for', async () => {
  const { socketPath } = await startCore(artifactsIn(newFolder()))
  const caller = { principal: 'ann', scope: EVERYTHING }
  const send = (method: string, path: string, signed: string | undefined, sent: string) =>
    ask(
      socketPath,
      method,
      path,
      {
        'content-type': 'application/json',
        [CALLER_HEADER]: signCaller(ASSAY_CORE_SECRET, { method, path, body: signed }, caller),
      },
      sent,
    )
  const mpu = '/api/2.0/mlflow-artifacts/mpu/create/7/x'
  const body = '{"path": "a.bin", "num_parts": 2}'
  const understood = { status: 501, json: { message: expect.stringContaining('Multipart upload is not supported') } }
  expect(await send('POST', mpu, body, body)).toMatchObject(understood)
  const denied = { status: 403, json: { error_code: 'PERMISSION_DENIED' } }
  expect(await send('POST', mpu, body, body.replace('a.bin', 'b.bin'))).toMatchObject(denied)
  expect(await send('POST', mpu, undefined, body)).toMatchObject(denied)
  const upload = '/api/2.0/mlflow-artifacts/artifacts/7/x/a.bin'
  expect(await send('PUT', upload, undefined, 'any bytes')).toMatchObject({ status: 200 })
})

describe('a core behind TLS', () => {
  const caFile = join(newFolder(), 'ca.pem')
  writeFileSync(caFile, certificate.cert)

  async function startFront(flags: readonly string[]) {
    const core = startAssay(['core', '--port=0', `--data=${newFolder()}`], { ASSAY_CORE_SECRET })
    const at = await core.hears(/The core is ready at (http:\S+)/)
    const front = startAssay(['serve', '--port=0', `--tracking-url=${await behindTls(at)}`, ...flags], {
      ASSAY_CORE_SECRET,
    })
    return { base: await front.url() }
  }

  test('is asked, and sent bytes, where its authority is known', async () => {
    const front = await startFront([`--tracking-ca-file=${caFile}`])
    const { run_id } = (await call(createRun, {}, front)).run.info
    const address = { path: `0/${run_id}/artifacts/a.txt` }
    const up = await fetch(urlOf(uploadArtifact, address, front.base), { method: 'PUT', body: 'by TLS' })
    expect(up.status).toBe(200)
    expect(await (await fetch(urlOf(downloadArtifact, address, front.base))).text()).toBe('by TLS')
  }, 60_000)

  test('is not trusted where it is not', async () => {
    const front = await startFront([])
    const refused = { code: 'TEMPORARILY_UNAVAILABLE' }
    await expect(call(createRun, {}, front)).rejects.toMatchObject(refused)
    const up = await fetch(urlOf(uploadArtifact, { path: '0/x/artifacts/a' }, front.base), { method: 'PUT', body: 'x' })
    expect(up.status).toBe(503)
  }, 60_000)
})

test('a core on a port, and a server with another secret: no one is let in, and the reason is said', async () => {
  const core = startAssay(['core', '--port=0', ...artifactsIn(newFolder())], { ASSAY_CORE_SECRET })
  const url = await core.hears(/The core is ready at (http:\S+)/)
  const front = startAssay(['serve', '--port=0', `--tracking-url=${url}`], { ASSAY_CORE_SECRET: 'x'.repeat(32) })
  const answer = await fetch(`${await front.url()}/api/2.0/mlflow-artifacts/artifacts?path=`)
  expect([answer.status, await answer.json()]).toMatchObject([
    403,
    { error_code: 'PERMISSION_DENIED', message: expect.stringContaining('do both servers have the same secret?') },
  ])
})
