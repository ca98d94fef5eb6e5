import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createRun, downloadArtifact, listArtifacts, listRunArtifactRecords, uploadArtifact } from '#contract'
import { call, urlOf } from '../../web/lib/client.ts'
import { temporaryFolder } from './artifact-places.ts'
import { halfUpload } from './half-upload.ts'
import { startAssay } from './process.ts'

const MIB = 1024 * 1024

test('asked to stop, the server takes the uploads that had begun to their end and records each; of one that breaks off nothing is left', async () => {
  const data = await temporaryFolder()
  const start = async () => {
    const assay = startAssay(['serve', '--port=0', '--data', data])
    return { ...assay, base: await assay.url() }
  }
  const first = await start()
  const { run_id } = (await call(createRun, {}, first)).run.info
  const address = (name: string) => ({ path: `0/${run_id}/artifacts/${name}` })
  const files = new Map(
    Array.from({ length: 8 }, (_, i) => [`file-${i}.bin`, randomBytes(i % 2 ? 1000 : 2 * MIB)] as const),
  )
  const uploads = await Promise.all(
    [...files].map(([name, bytes]) => halfUpload(urlOf(uploadArtifact, address(name), first.base), bytes)),
  )
  const broken = await halfUpload(urlOf(uploadArtifact, address('broken.bin'), first.base), randomBytes(MIB))

  first.child.kill('SIGTERM')
  await first.logs({ msg: 'stopping' })
  broken.cut()
  expect(await Promise.all(uploads.map(({ finish }) => finish()))).toEqual(uploads.map(() => 200))
  expect(await first.exited).toBe(0)

  const second = await start()
  const listed = await call(listArtifacts, { run_id }, second)
  expect(listed.files.map(({ path, file_size }) => [path, Number(file_size)])).toEqual(
    [...files].map(([name, bytes]) => [name, bytes.length]),
  )
  const { records } = await call(listRunArtifactRecords, { run_id, which: 'all' }, second)
  expect(records.map(({ path, size, sha256, ended_time }) => [path, Number(size), sha256, ended_time])).toEqual(
    [...files].map(([name, bytes]) => [name, bytes.length, createHash('sha256').update(bytes).digest('hex'), null]),
  )
  for (const [name, bytes] of files) {
    const answer = await fetch(urlOf(downloadArtifact, address(name), second.base))
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true)
  }
}, 120_000)
