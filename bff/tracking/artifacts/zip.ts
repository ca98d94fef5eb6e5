import type { Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import type { ArtifactPath } from './address.ts'
import { filesBelow } from './files-below.ts'
import { contentType } from './headers.ts'
import type { ArtifactStore } from './store.ts'

/**
 * A folder as a zip, made while it is read: one file is open at a time, and nothing is read that is not taken. A file that
 * vanishes or is replaced after it was listed breaks the stream off; so no zip that ends well lacks anything.
 */
export function zipOf(store: ArtifactStore, folder: ArtifactPath): Readable {
  const zip = new ZipFile()
  const output = zip.outputStream as Readable
  let reading: Readable | undefined

  async function open(path: ArtifactPath): Promise<Readable> {
    const file = await store.open(path)
    if (output.destroyed) {
      await file.close()
      throw new Error('Nobody takes the zip any more')
    }
    reading = await file.read()
    // the library does not listen where it cannot pass an error on
    reading.on('error', (error) => output.destroy(error))
    return reading
  }

  async function addAll() {
    for await (const { path, size } of filesBelow(store, folder)) {
      if (output.destroyed) return
      const name = path.slice(folder.length).join('/')
      zip.addReadStreamLazy(name, { size, compress: isText(path.at(-1) ?? '') }, (give) => {
        open(path).then(
          (stream) => give(undefined, stream),
          (error: Error) => output.destroy(error),
        )
      })
    }
    zip.end()
  }

  zip.on('error', (error: Error) => output.destroy(error))
  output.on('close', () => reading?.destroy())
  addAll().catch((error: Error) => output.destroy(error))
  return output
}

/** Weights, pictures and archives hardly shrink: they are stored as they are, which costs nothing. */
const isText = (name: string) => /^text\/|json|xml/.test(contentType(name))
