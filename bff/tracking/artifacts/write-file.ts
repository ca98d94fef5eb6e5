import type { FileHandle } from 'node:fs/promises'

const MIB = 1024 * 1024
/** Chunks of a socket are small: gathered, they cost half the CPU. */
const BATCH = MIB
/** A gigabyte left to the disk at once, at the end, would make every other fsync of the machine wait. */
const UNSYNCED = 128 * MIB

/** Writes a file and closes it. Bytes are received while earlier ones are written; all are on the disk once it resolves. */
export async function writeFile(handle: FileHandle, chunks: AsyncIterable<Buffer>): Promise<void> {
  const writing = lastOf((batch: Buffer[]) => writeAll(handle, batch))
  const syncing = lastOf(() => handle.datasync())
  let batch: Buffer[] = []
  let gathered = 0
  let unsynced = 0
  try {
    for await (const chunk of chunks) {
      batch.push(chunk)
      gathered += chunk.length
      if (gathered < BATCH) continue
      await writing.begin(batch)
      unsynced += gathered
      batch = []
      gathered = 0
      if (unsynced < UNSYNCED) continue
      await syncing.begin()
      unsynced = 0
    }
    await writing.begin(batch)
    await writing.ended()
    await handle.sync()
  } finally {
    await Promise.allSettled([writing.ended(), syncing.ended()])
    await handle.close()
  }
}

/** One piece of work at a time: the next begins, in the background, when the last has ended; its failure shows then. */
function lastOf<A extends unknown[]>(work: (...args: A) => Promise<void>) {
  let last: Promise<void> = Promise.resolve()
  return {
    async begin(...args: A) {
      await last
      last = work(...args)
      last.catch(() => {})
    },
    ended: () => last,
  }
}

async function writeAll(handle: FileHandle, batch: Buffer[]) {
  const { bytesWritten } = await handle.writev(batch)
  const length = batch.reduce((sum, chunk) => sum + chunk.length, 0)
  // a disk that is nearly full takes a part; asking for the rest tells why
  if (bytesWritten < length) await handle.writeFile(Buffer.concat(batch).subarray(bytesWritten))
}
