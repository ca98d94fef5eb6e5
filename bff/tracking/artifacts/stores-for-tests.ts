import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll } from 'vitest'
import { openArtifactStore } from './open-store.ts'
import type { ArtifactStore } from './store.ts'

const endpoint = process.env.ASSAY_TEST_S3_ENDPOINT

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

/** Gone when the test file ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-artifacts-'))
  folders.push(folder)
  return folder
}

const stores: { kind: string; openStore: () => Promise<ArtifactStore> }[] = [
  {
    kind: 'local folder',
    openStore: async () => openArtifactStore({ kind: 'folder', folder: await temporaryFolder() }),
  },
]
if (endpoint) stores.push({ kind: 'S3', openStore: () => openNewBucket(endpoint) })

/** The stores that the same tests run on: a local folder, and a bucket where a server is named. */
export const everyStore = stores

/** A prefix in a bucket of its own. */
async function openNewBucket(url: string): Promise<ArtifactStore> {
  const bucket = `assay-${randomUUID()}`
  const client = new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
  return openArtifactStore({ kind: 's3', bucket, prefix: 'some/prefix', endpoint: url, pathStyle: true })
}
