import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../test/artifact-places.ts'
import { ask } from '../test/ask.ts'
import { startServer } from '../test/server.ts'

// What each mode has is driven by the real client in bff/test/clients/configurations.test.ts.

const PROXY = '/api/2.0/mlflow-artifacts'

describe.each([
  {
    mode: 'artifacts-only' as const,
    flag: '--artifacts-only',
    absent: [
      ['POST', '/api/2.0/mlflow/runs/create'],
      ['GET', '/ajax-api/2.0/mlflow/experiments/get'],
      ['GET', '/get-artifact'],
      ['POST', '/api/2.0/mlflow/upload-artifact'],
      ['POST', '/api/2.0/mlflow/artifacts/presigned-upload-url'],
    ],
  },
  {
    mode: 'tracking-only' as const,
    flag: '--no-serve-artifacts',
    absent: [
      ['GET', `${PROXY}/artifacts?path=..`],
      ['PUT', `${PROXY}/artifacts/%2e%2e/x`],
      ['DELETE', `${PROXY}/artifacts/%2e`],
      ['POST', `${PROXY}/mpu/create/0`],
      ['GET', `${PROXY}/presigned/x`],
    ],
  },
])('with $flag', ({ mode, flag, absent }) => {
  let server: Awaited<ReturnType<typeof startServer>>
  beforeAll(async () => {
    server = await startServer({ mode, artifacts: { store: { kind: 'folder', folder: await temporaryFolder() } } })
  })
  afterAll(() => server.close())

  test.each(absent)('%s %s is not there, whatever is asked of it', async (method = '', path = '') => {
    const headers = { 'content-type': 'application/json' }
    expect(
      await ask(server.base + path, { method, body: method.startsWith('P') ? '{no json' : '', headers }),
    ).toMatchObject({
      status: 501,
      headers: { 'content-type': 'application/json' },
      json: { error_code: 'NOT_IMPLEMENTED', message: expect.stringContaining(flag) },
    })
  })
})
