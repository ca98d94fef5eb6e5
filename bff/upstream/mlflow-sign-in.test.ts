import { randomUUID } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  createExperiment,
  createRun,
  downloadArtifact,
  getReady,
  getRun,
  listArtifacts,
  searchExperiments,
  setTag,
  uploadArtifact,
} from '#contract'
import { call, urlOf } from '../../web/lib/client.ts'
import { behindTls } from '../test/behind-tls.ts'
import { certificate } from '../test/certificate.ts'
import { serveUpstream } from '../test/server.ts'
import { toRelay } from './index.ts'
import type { Credentials } from './manner.ts'

// In front of a real MLflow server that asks who it is (--app-name basic-auth), over plain HTTP and over TLS.

const given = process.env.ASSAY_TEST_MLFLOW_SIGN_IN_URL
const { origin, username, password } = new URL(given ?? 'http://nobody:nothing@127.0.0.1')
const login = { user: username, password }
const caFile = join(mkdtempSync(join(tmpdir(), 'assay-ca-')), 'ca.pem')
writeFileSync(caFile, certificate.cert)

async function inFrontOf(at: string, credentials: Credentials | undefined) {
  const relay = toRelay({ kind: 'mlflow', target: { origin: at, prefix: '', caFile }, credentials, answerMs: 60_000 })
  const opened = await serveUpstream(relay)
  onTestFinished(async () => {
    await opened.close()
    await relay.close()
  })
  return opened
}

describe.runIf(given)('in front of an MLflow server that asks who it is', () => {
  test.each([
    { how: 'HTTP', at: async () => origin },
    { how: 'TLS', at: () => behindTls(origin) },
  ])('over $how, with the login that it knows, all is done', async ({ at }) => {
    const server = await inFrontOf(await at(), login)
    expect(await call(getReady, {}, server)).toMatchObject({ ready: true })
    const { experiment_id } = await call(createExperiment, { name: `signed in ${randomUUID()}` }, server)
    const { run_id } = (await call(createRun, { experiment_id }, server)).run.info
    await call(setTag, { run_id, key: 'by', value: 'assay' }, server)
    expect((await call(getRun, { run_id }, server)).run.data.tags).toContainEqual({ key: 'by', value: 'assay' })
    const address = { path: `${experiment_id}/${run_id}/artifacts/a.txt` }
    const up = await fetch(urlOf(uploadArtifact, address, server.base), { method: 'PUT', body: 'signed in' })
    expect(up.status).toBe(200)
    expect((await call(listArtifacts, { run_id }, server)).files).toMatchObject([{ path: 'a.txt', file_size: 9 }])
    expect(await (await fetch(urlOf(downloadArtifact, address, server.base))).text()).toBe('signed in')
  })

  test.each([
    { why: 'no login', credentials: undefined },
    { why: 'another password', credentials: { user: username, password: `${password}!` } },
    { why: 'a token, which it does not know', credentials: { token: password } },
  ])(
    'with $why, callers are told that it is this server that is not known, and get no challenge',
    async ({ credentials }) => {
      const server = await inFrontOf(origin, credentials)
      const unknown = { code: 'IO_ERROR', message: expect.stringContaining('does not know this server') }
      await expect(call(searchExperiments, {}, server)).rejects.toMatchObject(unknown)
      const up = await fetch(urlOf(uploadArtifact, { path: '0/x/artifacts/a' }, server.base), {
        method: 'PUT',
        body: 'x',
      })
      expect([up.status, up.headers.get('www-authenticate')]).toEqual([502, null])
    },
  )

  test("a caller's own login is not sent on", async () => {
    const server = await inFrontOf(origin, undefined)
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    const asked = call(searchExperiments, {}, { ...server, headers: { authorization } })
    await expect(asked).rejects.toMatchObject({ code: 'IO_ERROR' })
  })
})
