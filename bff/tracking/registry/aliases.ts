import type { Endpoints, Input } from '#contract'
import { absent, invalid } from '#contract'
import type { PoolDb } from '#kit/db.ts'
import type { Db } from '#kit/sql.ts'
import { findByAlias, findLatest } from './find.ts'
import { moving } from './moves.ts'
import { answerVersion } from './read.ts'
import { requireModel, requireVersion } from './require.ts'

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
  const isLatest = alias.toLowerCase() === 'latest'
  const version = isLatest ? await findLatest(db, model_no) : await findByAlias(db, model_no, alias)
  if (version === undefined)
    throw isLatest
      ? absent(`Latest version not found for model ${name}.`)
      : invalid(`Registered model alias ${alias} not found.`, { field: 'alias' })
  return answerVersion(db, (await requireVersion(db, name, String(version))).version_no)
}
