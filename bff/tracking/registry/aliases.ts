import type { Endpoints, Input, Int64 } from '#contract'
import { absent, invalid } from '#contract'
import type { PoolDb } from '#kit/db.ts'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import { moving } from './moves.ts'
import { answerVersion } from './read.ts'
import { DELETED, requireModel, requireVersion } from './require.ts'

type In<N extends keyof Endpoints> = Input<Endpoints[N]>

export const setRegisteredModelAlias = (database: PoolDb, input: In<'setRegisteredModelAlias'>) =>
  moving(database, input, async (db, _model, move) => {
    const { version } = await requireVersion(db, input.name, input.version)
    await move([{ what: 'alias', subject: input.alias, to: String(version) }])
    return {}
  })

export const deleteRegisteredModelAlias = (database: PoolDb, { name, alias }: In<'deleteRegisteredModelAlias'>) =>
  moving(database, { name }, async (_db, _model, move) => {
    await move([{ what: 'alias', subject: alias, to: null }])
    return {}
  })

/** An absent alias is a bad parameter, not an absent resource: clients tell the two apart. */
export async function getModelVersionByAlias(db: Db, { name, alias }: In<'getModelVersionByAlias'>) {
  const { model_no } = await requireModel(db, name)
  const latest = alias.toLowerCase() === 'latest'
  const found = await row<{ version_no: Int64 }>(
    db,
    latest
      ? sql`select version_no from model_versions where model_no = ${model_no} and current_stage <> ${DELETED} order by version desc limit 1`
      : sql`select v.version_no from registered_model_aliases a join model_versions v using (model_no, version)
            where a.model_no = ${model_no} and a.alias = ${alias}`,
  )
  if (!found)
    throw latest
      ? absent(`Latest version not found for model ${name}.`)
      : invalid(`Registered model alias ${alias} not found.`, { field: 'alias' })
  return answerVersion(db, found.version_no)
}
