import type { Endpoints, Experiment, Input, Int64 } from '#contract'
import { ApiError, absent, codePoints, int64, invalid, isExperimentId } from '#contract'
import type { Scope } from '#kit/scope.ts'
import { inSight } from '#kit/scope.ts'
import type { Db, Sql } from '#kit/sql.ts'
import { raw, row, rows, sql } from '#kit/sql.ts'

type In<N extends keyof Endpoints> = Input<Endpoints[N]>

/** An experiment id as the database has it. Ids are whole numbers, given as text. */
export function experimentNo(experiment_id: string): Int64 {
  if (!isExperimentId(experiment_id))
    throw invalid(
      `Invalid value '${experiment_id}' for parameter 'experiment_id' supplied: it must be a whole number`,
      { field: 'experiment_id' },
    )
  return int64(experiment_id)
}

const noSuchExperiment = (experiment_id: string) => absent(`No Experiment with id=${experiment_id} exists`)

/** The columns of an experiment in the wire's words, its tags as JSON. */
const columns: Sql =
  raw(`e.experiment_id::text as experiment_id, e.name, e.artifact_location, e.lifecycle_stage, e.creation_time, e.last_update_time,
  coalesce((select json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key)
            from experiment_tags t where t.experiment_id = e.experiment_id), '[]'::json) as tags`)

export async function getExperiment(db: Db, { experiment_id }: In<'getExperiment'>) {
  const experiment = await row<Experiment>(
    db,
    sql`select ${columns} from experiments e where e.experiment_id = ${experimentNo(experiment_id)}`,
  )
  if (!experiment) throw noSuchExperiment(experiment_id)
  return { experiment }
}

export async function getExperimentByName(db: Db, { experiment_name }: In<'getExperimentByName'>) {
  const experiment = await row<Experiment>(
    db,
    sql`select ${columns} from experiments e where e.name = ${experiment_name}`,
  )
  if (!experiment) throw absent(`Could not find experiment with name '${experiment_name}'`)
  return { experiment }
}

/** Experiments in the order of the given ids. */
export async function experimentsByNo(db: Db, ids: readonly Int64[]): Promise<Experiment[]> {
  return rows<Experiment>(
    db,
    sql`select ${columns} from unnest(${ids}::bigint[]) with ordinality as wanted (experiment_id, n)
        join experiments e using (experiment_id) order by wanted.n`,
  )
}

const NAME_LIMIT = 500

function checkName(field: string, name: string) {
  if (name.trim() === '')
    throw invalid(
      `Invalid value ${JSON.stringify(name)} for parameter '${field}' supplied: an experiment's name must not be blank`,
      { field },
    )
  if (codePoints(name) > NAME_LIMIT)
    throw invalid(
      `Invalid value for parameter '${field}' supplied: an experiment's name exceeds the maximum length of ${NAME_LIMIT} characters`,
      { field },
    )
}

const nameTaken = (name: string) =>
  new ApiError(
    'RESOURCE_ALREADY_EXISTS',
    `Experiment(name=${name}) already exists. Error: the name is taken by an active or a deleted experiment; restore that one or choose another name.`,
  )

/** Where new experiments keep their artifacts. */
export type Locations = {
  /** `mlflow-artifacts:` where artifacts are proxied, else the store's own address; the experiment's number comes below it */
  root: string
  /** A location of the caller's own choosing, if it is allowed: any other would make the server open what a user names. */
  allowed(location: string): string
}

export async function createExperiment(
  db: Db,
  { name, artifact_location, tags }: In<'createExperiment'>,
  { root, allowed }: Locations,
) {
  checkName('name', name)
  const chosen = artifact_location ? allowed(artifact_location) : null
  const now = Date.now()
  const created = await row<{ experiment_id: string }>(
    db,
    sql`with numbered as (
          select nextval(pg_get_serial_sequence('assay.experiments', 'experiment_id')) as id
          where not exists (select from experiments where name = ${name}))
        insert into experiments (experiment_id, name, artifact_location, creation_time, last_update_time)
        select id, ${name}, coalesce(${chosen}::text, ${`${root}/`} || id), ${now}, ${now} from numbered
        on conflict (name) do nothing
        returning experiment_id::text as experiment_id`,
  )
  if (!created) throw nameTaken(name)
  await upsertExperimentTags(db, int64(created.experiment_id), tags)
  return created
}

/** Experiment 0, which MLflow's clients log to when they name none. */
export async function ensureDefaultExperiment(db: Db, root: string) {
  const now = Date.now()
  await db.query(
    sql`insert into experiments (experiment_id, name, artifact_location, creation_time, last_update_time)
        values (0, 'Default', ${`${root}/0`}, ${now}, ${now}) on conflict do nothing`,
  )
}

export async function updateExperiment(db: Db, { experiment_id, new_name }: In<'updateExperiment'>) {
  checkName('new_name', new_name)
  await requireActiveExperiment(db, experiment_id)
  const taken = await row(
    db,
    sql`select from experiments where name = ${new_name} and experiment_id <> ${experimentNo(experiment_id)}`,
  )
  if (taken) throw nameTaken(new_name)
  await db.query(
    sql`update experiments set name = ${new_name}, last_update_time = ${Date.now()} where experiment_id = ${experimentNo(experiment_id)}`,
  )
  return {}
}

/** An active experiment, locked against a change of its stage until the transaction ends. */
export async function requireActiveExperiment(db: Db, experiment_id: string) {
  const found = await row<{ lifecycle_stage: string; artifact_location: string }>(
    db,
    sql`select lifecycle_stage, artifact_location from experiments where experiment_id = ${experimentNo(experiment_id)} for share`,
  )
  if (!found) throw noSuchExperiment(experiment_id)
  if (found.lifecycle_stage !== 'active')
    throw invalid(
      `The experiment ${experiment_id} must be in the 'active' state. Current state is ${found.lifecycle_stage}.`,
    )
  return found
}

async function moveStage(db: Db, experiment_id: string, from: 'active' | 'deleted', to: 'active' | 'deleted') {
  const moved = await row(
    db,
    sql`update experiments set lifecycle_stage = ${to}, last_update_time = ${Date.now()}
        where experiment_id = ${experimentNo(experiment_id)} and lifecycle_stage = ${from} returning experiment_id`,
  )
  if (!moved) throw absent(`No ${from} Experiment with id=${experiment_id} exists`)
}

export async function deleteExperiment(db: Db, { experiment_id }: In<'deleteExperiment'>) {
  await moveStage(db, experiment_id, 'active', 'deleted')
  await db.query(
    sql`update runs set lifecycle_stage = 'deleted', deleted_time = ${Date.now()}, deleted_with_experiment = true
        where experiment_id = ${experimentNo(experiment_id)} and lifecycle_stage = 'active'`,
  )
  return {}
}

/** MLflow revives every run; here those come back that went with the experiment, not those that were deleted one by one. */
export async function restoreExperiment(db: Db, { experiment_id }: In<'restoreExperiment'>) {
  await moveStage(db, experiment_id, 'deleted', 'active')
  await db.query(
    sql`update runs set lifecycle_stage = 'active', deleted_time = null, deleted_with_experiment = false
        where experiment_id = ${experimentNo(experiment_id)} and deleted_with_experiment`,
  )
  return {}
}

const VIEW_TAG = 'mlflow.customView.view'
const VIEW_TAG_LIMIT = 50

const upsertExperimentTags = async (db: Db, experiment: Int64, tags: readonly { key: string; value: string }[]) => {
  if (tags.length === 0) return
  const last = new Map(tags.map(({ key, value }) => [key, value]))
  await db.query(
    sql`insert into experiment_tags (experiment_id, key, value)
        select ${experiment}::bigint, * from unnest(${[...last.keys()]}::text[], ${[...last.values()]}::text[])
        on conflict (experiment_id, key) do update set value = excluded.value`,
  )
  if (![...last.keys()].some((key) => key.startsWith(VIEW_TAG))) return
  const views = await row<{ count: number }>(
    db,
    sql`select count(*)::int as count from experiment_tags where experiment_id = ${experiment} and starts_with(key, ${VIEW_TAG})`,
  )
  if (views && views.count > VIEW_TAG_LIMIT)
    throw invalid(`An experiment has at most ${VIEW_TAG_LIMIT} tags that start with ${VIEW_TAG}`)
}

export async function setExperimentTag(db: Db, { experiment_id, key, value }: In<'setExperimentTag'>) {
  await requireActiveExperiment(db, experiment_id)
  await upsertExperimentTags(db, experimentNo(experiment_id), [{ key, value }])
  return {}
}

export async function deleteExperimentTag(db: Db, { experiment_id, key }: In<'deleteExperimentTag'>) {
  await requireActiveExperiment(db, experiment_id)
  const { rowCount } = await db.query(
    sql`delete from experiment_tags where experiment_id = ${experimentNo(experiment_id)} and key = ${key}`,
  )
  if (rowCount === 0) throw absent(`No tag with name: ${key} in experiment with id ${experiment_id}`)
  return {}
}

export async function summariseExperiments(db: Db, { experiment_ids }: In<'summariseExperiments'>, scope: Scope) {
  const summaries = await rows<{
    experiment_id: string
    runs: number
    running: number
    failed: number
    last_start_time: Int64 | null
  }>(
    db,
    sql`select e.experiment_id::text as experiment_id, count(r.run_no)::int as runs,
               (count(*) filter (where r.status = 'RUNNING'))::int as running,
               (count(*) filter (where r.status = 'FAILED'))::int as failed, max(r.start_time) as last_start_time
        from experiments e left join runs r on r.experiment_id = e.experiment_id and r.lifecycle_stage = 'active'
        where e.experiment_id = any(${experiment_ids.map(experimentNo)}::bigint[]) and ${inSight(raw('e.experiment_id'), scope.experiments, 'bigint')}
        group by e.experiment_id order by e.experiment_id`,
  )
  return {
    summaries: summaries.map(({ last_start_time, ...rest }) => ({
      ...rest,
      ...(last_start_time === null ? {} : { last_start_time }),
    })),
  }
}
