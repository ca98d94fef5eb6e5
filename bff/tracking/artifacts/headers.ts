import { create } from 'content-disposition'
import { lookup } from 'mime-types'
import type { ArtifactFile, ByteRange } from './store.ts'

/** Served as text by MLflow, whatever their registered type. */
const TEXT_EXTENSIONS = new Set(
  'txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst'.split(' '),
)
const TEXT_NAMES = new Set(['MLmodel', 'MLproject'])
/** What a browser would open as a page, or run. Pictures may be drawings in XML: shown as pictures, they run nothing. */
const RUNS = /html|script|flash|rfc822|related|^(application|text)\/(.*\+)?xml$/

function registeredType(name: string): string {
  const extension = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toLowerCase() : ''
  if (TEXT_NAMES.has(name) || TEXT_EXTENSIONS.has(extension)) return 'text/plain; charset=utf-8'
  return lookup(extension) || 'application/octet-stream'
}

export function contentType(name: string): string {
  const type = registeredType(name)
  return RUNS.test(type) ? 'application/octet-stream' : type
}

/** Saved and never run, whatever a user has put into the file. */
export const savedAs = (name: string) => ({
  'content-type': contentType(name),
  'content-disposition': create(name),
  'content-security-policy': "sandbox; default-src 'none'",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
})

/** Headers of what is made while it is sent: its length is not known, and it is never the same twice. */
export const zipHeaders = (name: string): Record<string, string> => ({
  ...savedAs(name),
  'cache-control': 'private, no-store',
})

/** Headers of every download of a file. */
const downloadHeaders = (name: string, { etag, modified }: ArtifactFile): Record<string, string> => ({
  ...savedAs(name),
  // Kept by the browser, but asked for each time: access may have been taken away meanwhile.
  'cache-control': 'private, no-cache',
  'accept-ranges': 'bytes',
  etag,
  'last-modified': modified.toUTCString(),
})

/** Scripts run, but in an origin of their own that reaches nothing: no cookies, no storage, no network, no window around it. */
const SANDBOX = [
  'sandbox allow-scripts',
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  'media-src data: blob:',
  'font-src data:',
  "connect-src 'none'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ')

const SHOWN = /^(text\/(plain|html)|image\/|audio\/|video\/|application\/pdf)/

/** Headers of a preview: shown where it stands, whatever a user has put into the file. */
export function previewHeaders(name: string, file: ArtifactFile): Record<string, string> {
  const type = registeredType(name)
  const shown = SHOWN.test(type)
  return {
    ...downloadHeaders(name, file),
    'content-type': shown ? type : contentType(name),
    'content-disposition': create(name, { type: shown ? 'inline' : 'attachment' }),
    'content-security-policy': SANDBOX,
    'x-frame-options': 'SAMEORIGIN',
    'referrer-policy': 'no-referrer',
    'cache-control': 'private, no-store',
  }
}

/** The request headers that decide how a download is answered. */
export type Conditions = {
  range?: string | undefined
  'if-range'?: string | undefined
  'if-none-match'?: string | undefined
  'if-modified-since'?: string | undefined
}

/** How a download is answered, and with which bytes: all where there is no `range`, none with 304 and 416. */
export type DownloadPlan = { status: 200 | 206 | 304 | 416; headers: Record<string, string>; range?: ByteRange }

/** RFC 9110: preconditions come before ranges; several ranges, and units other than bytes, get the whole file. */
export function planDownload(
  name: string,
  file: ArtifactFile,
  asked: Conditions,
  headersOf = downloadHeaders,
): DownloadPlan {
  const headers = headersOf(name, file)
  if (isUnchanged(file, asked)) return { status: 304, headers }
  const range = requestedRange(file, asked)
  if (!range) return { status: 200, headers: { ...headers, 'content-length': String(file.size) } }
  const { start, end } = range
  if (start > end) return { status: 416, headers: { 'content-range': `bytes */${file.size}` } }
  const part = { 'content-range': `bytes ${start}-${end}/${file.size}`, 'content-length': String(end - start + 1) }
  return { status: 206, headers: { ...headers, ...part }, range }
}

function isUnchanged({ etag, modified }: ArtifactFile, asked: Conditions): boolean {
  const etags = asked['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (etags) return etags.includes('*') || etags.includes(etag)
  return wholeSeconds(modified.getTime()) <= Date.parse(asked['if-modified-since'] ?? '')
}

const wholeSeconds = (ms: number) => Math.floor(ms / 1000) * 1000

/** The one range asked for, cut to the file; it starts after its end when the file has no such bytes. */
function requestedRange({ size, etag, modified }: ArtifactFile, asked: Conditions): ByteRange | undefined {
  const ifRange = asked['if-range']
  if (ifRange !== undefined && ifRange !== etag && ifRange !== modified.toUTCString()) return undefined
  const [, first = '', last = ''] = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(asked.range ?? '') ?? []
  if (first === '') return last === '' ? undefined : { start: Math.max(0, size - Number(last)), end: size - 1 }
  if (last !== '' && Number(last) < Number(first)) return undefined
  return { start: Number(first), end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}
