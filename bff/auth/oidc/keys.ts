import { randomBytes } from 'node:crypto'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'

/** 32 random bytes that all servers of this database share under a name; made when first asked for. */
export async function serverKey(db: Db, name: string): Promise<Uint8Array> {
  await rows(db, sql`insert into server_keys (name, value) values (${name}, ${randomBytes(32)}) on conflict do nothing`)
  const found = await row<{ value: Buffer }>(db, sql`select value from server_keys where name = ${name}`)
  return new Uint8Array(found!.value)
}
