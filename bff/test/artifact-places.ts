import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll } from 'vitest'
import type { TrackingConfig } from '../tracking/index.ts'

type ArtifactPlace = TrackingConfig['artifacts']['store']

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

/** Gone when the test file ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-artifacts-'))
  folders.push(folder)
  return folder
}

const endpoint = process.env.ASSAY_TEST_S3_ENDPOINT
const onDisk = {
  kind: 'local folder',
  newPlace: async () => ({ kind: 'folder' as const, folder: await temporaryFolder() }),
}
const onS3 = endpoint === undefined ? [] : [{ kind: 'S3', newPlace: () => newBucket(endpoint) }]

/** Where the same tests keep artifacts: in a folder, and in a bucket where ASSAY_TEST_S3_ENDPOINT names a server. */
export const everyArtifactPlace: { kind: string; newPlace: () => Promise<ArtifactPlace> }[] = [onDisk, ...onS3]

async function newBucket(url: string): Promise<ArtifactPlace> {
  const bucket = `assay-${randomUUID()}`
  const client = new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
  return { kind: 's3', bucket, prefix: 'some/prefix', endpoint: url, pathStyle: true }
}
