import { randomUUID } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { openLocalStore } from './local.ts'
import { openS3Store } from './s3.ts'
import type { ArtifactStore } from './store.ts'

const endpoint = process.env.ASSAY_TEST_S3_ENDPOINT

export const temporaryFolder = () => mkdtemp(join(tmpdir(), 'assay-artifacts-'))

const stores: { kind: string; openStore: () => Promise<ArtifactStore> }[] = [
  { kind: 'local folder', openStore: async () => openLocalStore(await temporaryFolder()) },
]
if (endpoint) stores.push({ kind: 'S3', openStore: () => openNewBucket(endpoint) })
else
  process.stdout.write('Skipped: artifacts on S3. Set ASSAY_TEST_S3_ENDPOINT (and AWS_ACCESS_KEY_ID, …) to run them.\n')

/** The stores that the same tests run on: a local folder, and a bucket where a server is named. */
export const everyStore = stores

/** A prefix in a bucket of its own. */
async function openNewBucket(url: string): Promise<ArtifactStore> {
  const bucket = `assay-${randomUUID()}`
  const client = new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
  return openS3Store({ bucket, prefix: 'some/prefix', endpoint: url })
}
