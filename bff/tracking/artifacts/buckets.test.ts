import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createExperiment, createRun, getExperiment } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { temporaryFolder } from '../../test/artifact-places.ts'
import { ask } from '../../test/ask.ts'
import { testDatabase } from '../../test/database.ts'
import type { S3Stub } from '../../test/s3-stub.ts'
import { startS3Stub } from '../../test/s3-stub.ts'
import { startServer } from '../../test/server.ts'
import type { BucketConfig } from './open.ts'

// Experiments with a place of their own, on two S3 servers; what a real one does is in store.test.ts.

const PROXY = '/api/2.0/mlflow-artifacts/artifacts'
const ours = { kind: 'folder' as const, folder: await temporaryFolder() }

let red: S3Stub
let blue: S3Stub
let buckets: BucketConfig[]

beforeAll(async () => {
  red = await startS3Stub()
  blue = await startS3Stub()
  const bucket = (name: string, { endpoint }: S3Stub, accessKeyId: string): BucketConfig => ({
    kind: 's3',
    bucket: name,
    prefix: 'ml',
    endpoint,
    pathStyle: true,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'secret' },
  })
  buckets = [bucket('red', red, 'key-of-red'), bucket('blue', blue, 'key-of-blue')]
})
afterAll(() => Promise.all([red.close(), blue.close()]))

async function newRun(base: string, artifact_location: string) {
  const { experiment_id } = await call(createExperiment, { name: artifact_location, artifact_location }, { base })
  const { run } = await call(createRun, { experiment_id }, { base })
  return run.info
}

test('clients go through the server, whatever bucket their experiment is in', async () => {
  const { base, close } = await startServer({ artifacts: { store: ours, buckets } })
  for (const [stub, name] of [
    [red, 'red'],
    [blue, 'blue'],
  ] as const) {
    const { experiment_id, run_id, artifact_uri } = await newRun(base, `s3://${name}/ml//team/`)
    expect(artifact_uri).toBe(`mlflow-artifacts:/${experiment_id}/${run_id}/artifacts`)
    const { experiment } = await call(getExperiment, { experiment_id }, { base })
    expect(experiment.artifact_location).toBe(`s3://${name}/ml/team`)

    const path = `${base}${PROXY}/${experiment_id}/${run_id}/artifacts/model/x.txt`
    expect((await ask(path, { method: 'PUT', body: name })).status).toBe(200)
    expect([...stub.objects.keys()]).toEqual([`${name}/ml/team/${run_id}/artifacts/model/x.txt`])
    expect(stub.asked.at(-1)?.headers.authorization).toContain(`Credential=key-of-${name}/`)
    expect((await ask(path)).text).toBe(name)
    expect((await ask(`${base}/get-artifact?run_id=${run_id}&path=model/x.txt`)).text).toBe(name)
    expect((await ask(`${base}/api/2.0/mlflow/artifacts/list?run_id=${run_id}&path=model`)).json).toEqual({
      root_uri: artifact_uri,
      files: [{ path: 'model/x.txt', is_dir: false, file_size: name.length }],
    })
    const folder = `${base}${PROXY}?path=${experiment_id}`
    expect((await ask(folder)).json).toEqual({ files: [{ path: run_id, is_dir: true }] })
    expect(await ask(`${base}${PROXY}/${experiment_id}`, { method: 'DELETE' })).toMatchObject({ status: 400 })
    expect((await ask(`${base}${PROXY}/${experiment_id}/${run_id}/artifacts`, { method: 'DELETE' })).status).toBe(200)
    expect(stub.objects.size).toBe(0)
  }
  await close()
})

test('without the proxy, clients are told the place itself', async () => {
  const { base, close } = await startServer({ mode: 'tracking-only', artifacts: { store: ours, buckets } })
  const { run_id, artifact_uri } = await newRun(base, 's3://red/ml')
  expect(artifact_uri).toBe(`s3://red/ml/${run_id}/artifacts`)
  await close()
})

test('runs of a bucket that is taken out of the configuration are not lost', async () => {
  const empty = await testDatabase()
  const database = 'url' in empty ? empty : { ...empty, folder: join(await temporaryFolder(), 'database') }
  const first = await startServer({ database, artifacts: { store: ours, buckets } })
  const { experiment_id, run_id } = await newRun(first.base, 's3://red/ml/kept')
  const path = `${PROXY}/${experiment_id}/${run_id}/artifacts/x.txt`
  await ask(first.base + path, { method: 'PUT', body: 'kept' })
  await first.close()

  const without = await startServer({ database, artifacts: { store: ours } })
  for (const asked of [{}, { method: 'PUT', body: 'other' }, { method: 'DELETE' }])
    expect(await ask(without.base + path, asked)).toMatchObject({
      status: 501,
      json: { error_code: 'NOT_IMPLEMENTED', message: expect.stringContaining('s3://red/ml/kept') },
    })
  await without.close()

  const again = await startServer({ database, artifacts: { store: ours, buckets } })
  expect((await ask(again.base + path)).text).toBe('kept')
  await again.close()
})
