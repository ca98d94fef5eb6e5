// What a path says about a file, and what its bytes say.

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** `a/b/c.txt` → ['a', 'a/b']: the folders on the way. */
export function foldersOnTheWay(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}

export type Kind = 'text' | 'table' | 'image' | 'unknown'

const IMAGES = /\.(png|jpe?g|gif|webp|avif|bmp|svg)$/i
const TABLES = /\.(csv|tsv)$/i
const TEXTS =
  /(\.(txt|log|err|out|cfg|conf|ini|properties|toml|ya?ml|xml|json|jsonl|ndjson|jsonnet|md|rst|py|js|ts|sh|r|sql|html|css|tex|ipynb)|(^|\/)(MLmodel|MLproject|Dockerfile|requirements[^/]*))$/i

export function kindOf(path: string): Kind {
  if (IMAGES.test(path)) return 'image'
  if (TABLES.test(path)) return 'table'
  return TEXTS.test(path) ? 'text' : 'unknown'
}

/** Of a larger file a preview reads this much from its start. */
export const PREVIEW_BYTES = 1_000_000
export const IMAGE_BYTES = 30_000_000

export type Beginning = { text: string; complete: boolean } | { text: undefined; complete: boolean }

export function decode(bytes: Uint8Array, size: number): Beginning {
  const complete = bytes.length >= size
  if (bytes.includes(0)) return { text: undefined, complete }
  try {
    // `stream`: a character cut in two by the limit is left out and not called an error
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !complete }), complete }
  } catch {
    return { text: undefined, complete }
  }
}
