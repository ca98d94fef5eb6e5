import type { Int64, Stage } from '#contract'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import { DELETED } from './require.ts'

/** The number of a model's newest version, of all or of those in one stage. */
export async function findLatest(db: Db, model_no: Int64, stage?: Stage | ''): Promise<number | undefined> {
  const found = await row<{ version: number }>(
    db,
    sql`select version from model_versions
        where model_no = ${model_no} and ${stage ? sql`current_stage = ${stage}` : sql`current_stage <> ${DELETED}`}
        order by version desc limit 1`,
  )
  return found?.version
}

/** The number of the version that an alias points to. */
export async function findByAlias(db: Db, model_no: Int64, alias: string): Promise<number | undefined> {
  const found = await row<{ version: number }>(
    db,
    sql`select version from registered_model_aliases where model_no = ${model_no} and alias = ${alias}`,
  )
  return found?.version
}
