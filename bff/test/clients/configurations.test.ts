import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TrackingConfig } from '../../tracking/index.ts'
import { everyArtifactPlace } from '../artifact-places.ts'
import { startServer } from '../server.ts'
import { runFlows } from './flows.ts'

// The three configurations of a server, each driven by the real client.

const { ASSAY_TEST_PYTHON: python, ASSAY_TEST_S3_ENDPOINT: s3 } = process.env
const script = join(import.meta.dirname, 'configurations.py')

const flowsOf = (area: string) => {
  const text = new RegExp(`^class ${area}:\\n([\\s\\S]*?)\\n(?=\\S)`, 'm').exec(readFileSync(script, 'utf8'))?.[1] ?? ''
  return [...text.matchAll(/^ {4}def (\w+)/gm)].map(([, name]) => name)
}

type Case = { why: string; argument: string; area: string; mode: TrackingConfig['mode']; env?: Record<string, string> }

const small = {
  MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE: `${5 * 2 ** 20}`,
  MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE: `${5 * 2 ** 20}`,
}
const parts = { ...small, IN_PARTS: 'yes', MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE: `${4 * 2 ** 20}` }
const forced = { MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD: 'true', MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD: 'true' }

const proxied = { argument: 'proxied', area: 'Proxied', mode: 'full' } as const
const cases: Case[] = [
  { why: 'proxied, as clients do by themselves', ...proxied },
  { why: 'proxied, large files in parts because the server says so', ...proxied, env: parts },
  { why: 'proxied, large files in parts because the client is told so', ...proxied, env: { ...parts, ...forced } },
  { why: '--artifacts-only', argument: 'artifacts_only', area: 'ArtifactsOnly', mode: 'artifacts-only' },
  {
    why: '--artifacts-only, in parts',
    argument: 'artifacts_only',
    area: 'ArtifactsOnly',
    mode: 'artifacts-only',
    env: parts,
  },
  { why: '--no-serve-artifacts', argument: 'not_served', area: 'NotServed', mode: 'tracking-only' },
]

describe.skipIf(!python || !s3)('the Python client and a server that is', () => {
  test.each(cases)(
    '$why',
    async ({ argument, area, mode, env = {} }) => {
      const [main, other] = await Promise.all([newBucket(), newBucket()])
      const reached = { publicEndpoint: s3 }
      const server = await startServer({
        mode,
        artifacts: { store: { ...main, ...reached }, buckets: [{ ...other, ...reached, prefix: 'other' }] },
      })
      const { printed, flows } = await runFlows(python ?? '', [script, argument], {
        MLFLOW_TRACKING_URI: server.base,
        MLFLOW_S3_ENDPOINT_URL: s3 ?? '',
        MLFLOW_DISABLE_TELEMETRY: 'true',
        PYTHONDONTWRITEBYTECODE: '1',
        MAIN_LOCATION: `s3://${main.bucket}/${main.prefix}`,
        OTHER_LOCATION: `s3://${other.bucket}/other/team`,
        ...env,
      })
      await server.close()
      expect(flowsOf(area).length).toBeGreaterThan(1)
      expect(
        flows.map(({ outcome, name }) => [name, outcome]),
        printed,
      ).toEqual(flowsOf(area).map((name) => [name, 'passed']))
    },
    300_000,
  )
})

async function newBucket() {
  const place = await everyArtifactPlace.find(({ kind }) => kind === 'S3')?.newPlace()
  if (place?.kind !== 's3') throw new Error('There is no S3 server')
  return place
}
