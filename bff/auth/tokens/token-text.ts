import { createHash, randomInt } from 'node:crypto'
import { TOKEN_PREFIX } from '../identify/credentials.ts'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 43 characters of 62 hold 256 bits. */
const LENGTH = 43
const CHECK = 6

const checkOf = (text: string) => {
  const digest = createHash('sha256').update(text).digest()
  return Array.from({ length: CHECK }, (_, i) => ALPHABET[(digest[i] ?? 0) % ALPHABET.length]).join('')
}

/** `mlt_`, 256 random bits, and a checksum by which scanners for secrets know one. */
export function newToken(): string {
  const text = TOKEN_PREFIX + Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return text + checkOf(text)
}

/** Whether a text can be a token at all: what is mistyped, or anything else, is not looked for. */
export function isToken(text: string): boolean {
  const body = text.slice(0, -CHECK)
  return (
    body.length === TOKEN_PREFIX.length + LENGTH &&
    body.startsWith(TOKEN_PREFIX) &&
    checkOf(body) === text.slice(-CHECK)
  )
}
