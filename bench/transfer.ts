import { randomFillSync } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pace, Round } from './pace.ts'
import type { Rest } from './rest.ts'
import { artifactPath } from './rest.ts'
import { runCommand } from './run-command.ts'
import type { Seed } from './seed.ts'

const mib = 2 ** 20

/** A file of random bytes, which no file system can make smaller; `use` gets its path. */
async function withFile<T>(size_mib: number, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-file-'))
  try {
    const path = join(folder, 'big.bin')
    const file = createWriteStream(path)
    const block = Buffer.alloc(4 * mib)
    for (let i = 0; i < size_mib; i += 4) {
      randomFillSync(block)
      if (!file.write(Buffer.from(block))) await new Promise<void>((resolve) => file.once('drain', resolve))
    }
    await new Promise<void>((resolve, reject) => file.once('error', reject).end(() => resolve()))
    return await use(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** By curl, which leaves the cores to the server: the same transfer by Node's own client costs as much as serving it. */
async function transfer(
  server: Rest,
  path: string,
  args: string[],
  counted: 'size_upload' | 'size_download',
  bytes: number,
) {
  const headers = Object.entries(server.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const out = await runCommand('curl', [
    '-sS',
    '-w',
    `%{http_code} %{${counted}}`,
    ...headers,
    ...args,
    server.base + path,
  ])
  if (out !== `200 ${bytes}`) throw new Error(`${path}: ${out} instead of 200 ${bytes}`)
}

const upload = (server: Rest, path: string, file: string, bytes: number) =>
  transfer(server, path, ['-o', '/dev/null', '-T', file], 'size_upload', bytes)

const download = (server: Rest, path: string, bytes: number) =>
  transfer(server, path, ['-o', '/dev/null'], 'size_download', bytes)

async function place(seed: Seed): Promise<string> {
  const [run] = await seed.runs(1)
  if (!run) throw new Error('No run')
  return artifactPath(run, 'big.bin')
}

const rate = (pace: Pace, start: number) => (pace.artifact_mib * 1000) / (performance.now() - start)

export async function transferUp(seed: Seed, pace: Pace): Promise<Round> {
  const path = await place(seed)
  return withFile(pace.artifact_mib, async (file) => {
    const start = performance.now()
    await upload(seed.server, path, file, pace.artifact_mib * mib)
    return { values: [rate(pace, start)], errors: 0 }
  })
}

/** Puts there what is to be fetched. */
export async function prepareDown(seed: Seed, pace: Pace): Promise<void> {
  const path = await place(seed)
  await withFile(pace.artifact_mib, (file) => upload(seed.server, path, file, pace.artifact_mib * mib))
}

export async function transferDown(seed: Seed, pace: Pace): Promise<Round> {
  const path = await place(seed)
  const start = performance.now()
  await download(seed.server, path, pace.artifact_mib * mib)
  return { values: [rate(pace, start)], errors: 0 }
}

/** The disk's own floor: the same file copied by dd, which returns when it is on the disk. MiB/s, five times. */
export const diskFloor = (size_mib: number): Promise<number[]> =>
  withFile(size_mib, async (file) => {
    const rates: number[] = []
    for (let i = 0; i < 5; i++) {
      const start = performance.now()
      await runCommand('dd', [`if=${file}`, `of=${file}.copy`, 'bs=1M', 'conv=fsync'])
      rates.push((size_mib * 1000) / (performance.now() - start))
    }
    return rates
  })
