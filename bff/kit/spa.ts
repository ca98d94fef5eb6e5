import { createHash, randomBytes } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join, sep } from 'node:path'
import { promisify } from 'node:util'
import type { ZlibOptions } from 'node:zlib'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { contentType } from 'mime-types'
import type { Answered } from './route.ts'
import type { Paged } from './security-headers.ts'
import { openPageHeaders } from './security-headers.ts'

export type SpaConfig = {
  /** What the build made. */
  folder: string
  /** Empty, or `/prefix`. */
  prefix: string
  /** Browsers come by https. */
  https: boolean
}

/** Answers a GET for the page or one of its files, or says false. `path` is without the prefix, still percent-encoded. */
export type Spa = (request: IncomingMessage, response: Answered & Paged, path: string) => Promise<boolean>

type Coding = 'br' | 'gzip'
type File = {
  bytes: Buffer
  type: string
  etag: string
  hashed: boolean
  text: boolean
  compressed: Partial<Record<Coding, Promise<Buffer>>>
}

const brotli = promisify(brotliCompress)
const gzipped = promisify<Buffer, ZlibOptions, Buffer>(gzip)

/**
 * The built page out of memory: a few megabytes, read at start. A request can only name what is in the table, so no path
 * reaches the disk. Without a build, nothing is served.
 */
export function openSpa({ folder, prefix, https }: SpaConfig): Spa {
  const index = join(folder, 'index.html')
  if (!existsSync(index)) return async () => false
  const page = readFileSync(index, 'utf8').replaceAll('__BASE__', `${prefix}/`).split('__NONCE__')
  const files = readFiles(folder)
  const setPageHeaders = openPageHeaders({ https })

  return async (request, response, path) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false
    const file = files.get(path)
    if (file) {
      response.route = 'asset'
      await sendFile(request, response, file)
      return true
    }
    if (!isPage(path, request.headers.accept)) return false
    response.route = 'page'
    response.nonce = randomBytes(16).toString('base64')
    setPageHeaders(request, response)
    const html = page.join(response.nonce)
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Length': Buffer.byteLength(html) })
    response.end(request.method === 'HEAD' ? undefined : html)
    return true
  }
}

/** Below these a wrong address is a program's mistake, and is answered to a program. */
const machines = /^\/(api|ajax-api|graphql|v1|gateway|get-artifact|model-versions|assets|static-files|openapi)(\/|\.|$)/

/** A browser asks for a page by a path without an extension; the router in the page knows which there are. */
function isPage(path: string, accept: string | undefined): boolean {
  if (path === '/' || path === '/index.html') return true
  return (accept?.includes('text/html') ?? false) && !machines.test(path)
}

function readFiles(folder: string): Map<string, File> {
  const paths = globSync('**/*', { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const served = paths.map((path) => ({
    path,
    url: `/${path
      .slice(folder.length + 1)
      .split(sep)
      .join('/')}`,
  }))
  return new Map(
    served
      .filter(({ url }) => url !== '/index.html' && !url.endsWith('.map'))
      .map(({ path, url }) => [url, readFile(path, url)] as const),
  )
}

function readFile(path: string, url: string): File {
  const bytes = readFileSync(path)
  const type = contentType(url.slice(url.lastIndexOf('/') + 1)) || 'application/octet-stream'
  return {
    bytes,
    type,
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    // Vite puts a digest of what is in it into the name of each.
    hashed: url.startsWith('/assets/'),
    text: /^(text\/|application\/(javascript|json|manifest)|image\/svg)/.test(type),
    compressed: {},
  }
}

async function sendFile(request: IncomingMessage, response: Answered, file: File) {
  const headers = {
    'Cache-Control': file.hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    ETag: file.etag,
    Vary: 'Accept-Encoding',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
  }
  if (request.headers['if-none-match'] === file.etag) {
    response.writeHead(304, headers).end()
    return
  }
  const coding = file.text ? codingFor(String(request.headers['accept-encoding'] ?? '')) : undefined
  const body = coding ? await compressed(file, coding) : file.bytes
  response.writeHead(200, {
    ...headers,
    'Content-Type': file.type,
    'Content-Length': body.length,
    ...(coding && { 'Content-Encoding': coding }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Browsers offer brotli only over https. */
const codingFor = (accepted: string): Coding | undefined =>
  /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : undefined

/** Once for each file and way, when first asked for: a start should not wait for it. */
function compressed(file: File, coding: Coding): Promise<Buffer> {
  const compress = () =>
    coding === 'gzip'
      ? gzipped(file.bytes, { level: 9 })
      : brotli(file.bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
  file.compressed[coding] ??= compress()
  return file.compressed[coding]
}
