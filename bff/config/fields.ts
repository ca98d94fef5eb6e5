import { isIP } from 'node:net'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { compileProxies } from '#kit/client-address.ts'
import { readDatabaseUrl } from './database-url.ts'

/** How each kind of setting is read from text. Messages go after `NAME=value: `. */

type Read<T> = T | { problem: string }
const isProblem = (value: unknown): value is { problem: string } =>
  typeof value === 'object' && value !== null && 'problem' in value

const read = <T>(parse: (text: string) => Read<T>) =>
  z.string().transform((text, context): T => {
    const value = parse(text)
    if (!isProblem(value)) return value
    context.addIssue({ code: 'custom', message: value.problem })
    return z.NEVER
  })

export const Switch = z.stringbool({ error: 'must be on or off' })

export const whole = (min: number, max: number) =>
  read((text) => {
    const n = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    return n >= min && n <= max ? n : { problem: `must be a whole number from ${min} to ${max}` }
  })

const units = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

export const Bytes = read((text) => {
  const [, digits, unit] = /^(\d{1,12})\s*([kmgt]?)(?:i?b)?$/i.exec(text) ?? []
  const bytes = Number(digits) * units[(unit ?? '').toLowerCase() as keyof typeof units]
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : { problem: 'must be a size such as 500M or 5G' }
})

export const DatabaseUrl = read((text) => {
  const found = readDatabaseUrl(text)
  return 'url' in found ? found.url : found
})

export const listenAddress = read((text) => {
  const host = text.replace(/^\[(.*)\]$/, '$1')
  const name = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i
  return isIP(host) || (name.test(host) && !/^[\d.]+$/.test(host))
    ? host
    : { problem: 'must be an IP address or a host name, without a port' }
})

/** http(s), without user, path or query: an address others put paths behind. */
export const PublicUrl = read((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash
  return plain && url.pathname === '/'
    ? url.origin
    : { problem: 'must be an address such as https://assay.example.com, without a path' }
})

/** Where another server listens: `unix:/path`, or http(s) with a path that its API is below. */
export const ServerUrl = read((text): Read<{ origin: string; prefix: string; socketPath?: string }> => {
  const socketPath = /^unix:(\/.+)$/.exec(text)?.[1]
  if (socketPath) return { origin: 'http://localhost', prefix: '', socketPath }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.username || url?.password)
    return { problem: 'must not have a password in it; set ASSAY_TRACKING_LOGIN=user:password' }
  return url && /^https?:$/.test(url.protocol) && !url.search && !url.hash
    ? { origin: url.origin, prefix: url.pathname.replace(/\/+$/, '') }
    : { problem: 'must be an address such as http://mlflow:5000, or unix:/path of a socket' }
})

export const Login = read((text): Read<{ user: string; password: string }> => {
  const [, user, password] = /^([^:]+):(.+)$/.exec(text) ?? []
  return user && password ? { user, password } : { problem: 'must be user:password' }
})

export type SmtpUrl = { host: string; port: number; tls: boolean; user: string | undefined }

/** A mail server, and as whom mails are handed to it; the password is elsewhere. */
export const SmtpUrl = read((text): Read<SmtpUrl> => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.password) return { problem: 'must not have a password in it; set ASSAY_SMTP_PASSWORD' }
  if (!url?.hostname || !/^smtps?:$/.test(url.protocol) || url.pathname.length > 1 || url.search || url.hash)
    return { problem: 'must be smtp://USER@HOST:PORT, or smtps:// for TLS from the first byte' }
  const tls = url.protocol === 'smtps:'
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port ? Number(url.port) : tls ? 465 : 587,
    tls,
    user: url.username ? decodeURIComponent(url.username) : undefined,
  }
})

export const MailAddress = read((text) =>
  /^[^\s@<>,;:"()[\]\\\p{C}]+@[^\s@<>,;:"()[\]\\\p{C}]+$/u.test(text)
    ? text
    : { problem: 'must be a mail address such as assay@example.org' },
)

/** Whether only this machine is meant. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/.test(host)

export const Secret = z.string().min(32, 'must have 32 characters and more: `openssl rand -hex 32` makes one')

/** The one that came with every server of MLflow up to 3.12. */
const SHIPPED = 'password1234'

export const AdminPassword = z
  .string()
  .refine(
    (text) => text !== SHIPPED,
    'is the password that MLflow once shipped, and everyone knows it: set another one',
  )

export const DefaultPermission = z.enum(
  ['NO_PERMISSIONS', 'READ', 'USE', 'EDIT', 'MANAGE'],
  'must be NO_PERMISSIONS, READ, USE, EDIT or MANAGE',
)

export const StaticPrefix = read((text) =>
  /^(\/[A-Za-z0-9._~-]+)+$/.test(text) && !/\/\.{1,2}(\/|$)/.test(text)
    ? text
    : { problem: 'must begin with / and not end with it, of letters, digits and . _ ~ -' },
)

const hostPattern =
  /^(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$|^\*$/

/** Addresses and networks; everybody is no proxy. */
export const Proxies = read((text) => {
  const proxies = text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
  const bad = proxies.find((each) => !isProxies(each))
  return bad === undefined
    ? proxies
    : { problem: `"${bad}" is no address and no network; write them with commas between, such as 10.0.0.7,fd00::/8` }
})

function isProxies(text: string): boolean {
  const [address = '', bits] = text.split('/')
  if (isIP(address) === 0 || Number(bits) === 0) return false
  try {
    compileProxies([text])
    return true
  } catch {
    return false
  }
}

export const HostPatterns = read((text) => {
  const patterns = text
    .toLowerCase()
    .split(',')
    .map((p) => p.trim())
    .filter(Boolean)
  const bad = patterns.find((p) => !hostPattern.test(p))
  return bad === undefined
    ? patterns
    : {
        problem: `"${bad}" is not a host name; write names with commas between, such as assay.example.com,*.lab.example.com`,
      }
})

export const MailDomains = read((text) => {
  const domains = text
    .toLowerCase()
    .split(',')
    .map((domain) => domain.trim().replace(/^@/, ''))
    .filter(Boolean)
  const bad = domains.find((domain) => !/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/.test(domain))
  return bad === undefined
    ? domains
    : { problem: `"${bad}" is not a mail domain; write them as example.org,example.com` }
})

export type S3Prefix = { kind: 's3'; bucket: string; prefix: string }
export type ArtifactPlace = { kind: 'folder'; folder: string } | S3Prefix

function s3Prefix(text: string): Read<S3Prefix> {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9._-]{1,61}[a-z0-9])(\/.*)?$/i.exec(text) ?? []
  const prefix = path.replace(/^\/+|\/+$/g, '')
  const folders = prefix === '' ? [] : prefix.split('/')
  const plain = folders.every((name) => !/^\.{0,2}$|[?#\\]|%[0-9a-f]{2}/i.test(name))
  return bucket !== undefined && plain ? { kind: 's3', bucket, prefix } : { problem: 'must be s3://bucket/prefix' }
}

export const S3Prefix = read(s3Prefix)

export const ArtifactPlace = read((text): Read<ArtifactPlace> => {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined) return { kind: 'folder', folder: text }
  if (scheme === 'file')
    return URL.canParse(text) ? folderOfUrl(text) : { problem: 'is not a valid file address; write the folder itself' }
  return scheme === 's3' ? s3Prefix(text) : { problem: 'only a folder or s3://bucket/prefix is supported' }
})

function folderOfUrl(text: string): Read<ArtifactPlace> {
  const url = new URL(text)
  return url.host
    ? { problem: 'names another machine; write the folder itself' }
    : { kind: 'folder', folder: fileURLToPath(url) }
}

const levels: Record<string, string> = { warning: 'warn', critical: 'error', fatal: 'error' }

export const Level = z
  .string()
  .transform((text) => levels[text.toLowerCase()] ?? text.toLowerCase())
  .pipe(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'must be trace, debug, info, warn, error or silent'),
  )
