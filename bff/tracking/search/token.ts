import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { ApiError, invalid } from '#contract'
import type { Db } from '#kit/sql.ts'
import { rows, sql } from '#kit/sql.ts'
import type { Position } from './sorts.ts'

const MAC_BYTES = 16
const SETTING = 'page_token_key'

/** The key that signs page tokens: made by whichever replica asks first, and the same for all of them ever after. */
export async function pageTokenKey(db: Db): Promise<Buffer> {
  await rows(
    db,
    sql`
    insert into settings (key, value) values (${SETTING}, ${randomBytes(32).toString('base64')}) on conflict do nothing`,
  )
  const [setting] = await rows<{ value: string }>(db, sql`select value from settings where key = ${SETTING}`)
  if (!setting) throw new ApiError('INTERNAL_ERROR', 'The key for page tokens could not be stored')
  return Buffer.from(setting.value, 'base64')
}

/** The key of one caller's tokens: to everybody else they are worth nothing. */
export const keyOfCaller = (key: Buffer, principal: string): Buffer =>
  principal === '' ? key : createHmac('sha256', key).update(principal).digest()

/** What a token belongs to: one list, one order. Two queries with the same digest have the same pages. */
export const digestOf = (...query: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 22)

export function writeToken(key: Buffer, digest: string, position: Position): string {
  const payload = Buffer.from(JSON.stringify([digest, ...position]))
  return Buffer.concat([sign(key, payload), payload]).toString('base64url')
}

/** Whatever is not exactly what `writeToken` gave for the same query is refused, so nothing from it is trusted unsigned. */
export function readToken(key: Buffer, digest: string, token: string): Position {
  const bytes = Buffer.from(token, 'base64url')
  const payload = bytes.subarray(MAC_BYTES)
  // Buffer.from skips what is not base64url: only the canonical spelling counts
  const isWhole = payload.length > 0 && bytes.toString('base64url') === token
  if (!isWhole || !timingSafeEqual(sign(key, payload), bytes.subarray(0, MAC_BYTES)))
    throw invalid('Invalid page_token: pass the next_page_token of the page before, unchanged')
  const [owner, ...position] = JSON.parse(payload.toString()) as [string, ...Position]
  if (owner !== digest)
    throw invalid(
      'Invalid page_token: it belongs to another search; keep filter, order_by, experiments and view type from page to page',
    )
  return position
}

const sign = (key: Buffer, payload: Buffer) => createHmac('sha256', key).update(payload).digest().subarray(0, MAC_BYTES)
