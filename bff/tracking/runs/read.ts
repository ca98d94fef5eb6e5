import type { Endpoints, Input, Int64, RunInfo } from '#contract'
import { absent, stringifyJson } from '#contract'
import { RawJson } from '#kit/route.ts'
import type { Db, Sql } from '#kit/sql.ts'
import { named, rows, sql } from '#kit/sql.ts'
import { noSuchRun } from './require.ts'

/** A run as Postgres hands it over: its own columns, and lists that are JSON text without the brackets (null where empty). */
type RunRow = {
  run_id: string
  run_name: string
  experiment_id: Int64
  user_id: string
  status: RunInfo['status']
  start_time: Int64
  end_time: Int64 | null
  artifact_uri: string
  lifecycle_stage: RunInfo['lifecycle_stage']
  metrics: string | null
  params: string | null
  tags: string | null
  dataset_inputs: string | null
  model_outputs: string | null
}

/**
 * The lists are printed by Postgres: 22 rows a run cost Node more to parse and print again than the text costs to pass on.
 * The rows come sorted out of their index; an `order by` within string_agg would sort each list again (a sixth of the time).
 * MLflow prints NaN as a word and an infinity as the largest double.
 */
const page = (run_nos: readonly Int64[]): Sql =>
  named(
    'runs-by-no',
    sql`
    select r.run_id, r.run_name, r.experiment_id, r.user_id, r.status, r.start_time, r.end_time, r.artifact_uri, r.lifecycle_stage,
      (select string_agg('{"key":' || to_json(s.key) || ',"value":' ||
                case s.last_value when 'NaN' then '"NaN"' when 'Infinity' then '1.7976931348623157e308'
                                  when '-Infinity' then '-1.7976931348623157e308' else s.last_value::text end ||
                ',"timestamp":' || s.last_timestamp || ',"step":' || s.last_step ||
                case when s.linked then coalesce((
                  select ',"model_id":' || to_json(m.model_id) ||
                         case when m.dataset_name = '' then '' else ',"dataset_name":' || to_json(m.dataset_name) end ||
                         case when m.dataset_digest = '' then '' else ',"dataset_digest":' || to_json(m.dataset_digest) end
                  from model_metrics m
                  where m.series_id = s.series_id and m.step = s.last_step and m.timestamp = s.last_timestamp and m.value = s.last_value
                  order by m.model_id, m.dataset_name limit 1), '') else '' end || '}', ',')
       from (select * from series where run_no = r.run_no order by key) s) as metrics,
      (select string_agg('{"key":' || to_json(p.key) || ',"value":' || to_json(p.value) || '}', ',')
       from (select * from params where run_no = r.run_no order by key) p) as params,
      (select string_agg('{"key":' || to_json(t.key) || ',"value":' || to_json(t.value) || '}', ',')
       from (select * from tags where run_no = r.run_no order by key) t) as tags,
      (select string_agg('{"tags":' || coalesce((
                  select json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key)::text
                  from dataset_input_tags t where t.run_no = i.run_no and t.dataset_no = i.dataset_no), '[]') ||
                ',"dataset":' || json_strip_nulls(json_build_object('name', d.name, 'digest', d.digest, 'source_type', d.source_type,
                  'source', d.source, 'schema', d.schema, 'profile', d.profile)) || '}', ',' order by d.name, d.digest)
       from dataset_inputs i join datasets d using (dataset_no) where i.run_no = r.run_no) as dataset_inputs,
      (select string_agg('{"model_id":' || to_json(m.model_id) || ',"step":' || m.step || '}', ',' order by m.step, m.model_id)
       from model_outputs m where m.run_no = r.run_no) as model_outputs
    from unnest(${run_nos}::bigint[]) with ordinality as wanted (run_no, n) join runs r using (run_no)
    order by wanted.n`,
  )

const modelInputs = (run_no: Int64): Sql =>
  named(
    'model-inputs',
    sql`
    select string_agg('{"model_id":' || to_json(model_id) || '}', ',' order by model_id) from model_inputs where run_no = ${run_no}`,
  )

/** A list where it has something in it: MLflow leaves empty lists out. */
const listed = (name: string, items: string | null) => (items === null ? [] : [`"${name}":[${items}]`])
const braced = (parts: readonly string[]) => `{${parts.join(',')}}`

const infoOf = ({
  run_id,
  run_name,
  experiment_id,
  user_id,
  status,
  start_time,
  end_time,
  artifact_uri,
  lifecycle_stage,
}: RunRow) => ({
  run_id,
  run_uuid: run_id,
  run_name,
  experiment_id: String(experiment_id),
  user_id,
  status,
  start_time,
  ...(end_time === null ? {} : { end_time }),
  artifact_uri,
  lifecycle_stage,
})

/** MLflow tells a run's model inputs where one run is asked for, and leaves them out of searches. */
function printRun(run: RunRow, model_inputs: string | null): string {
  const data = braced([...listed('metrics', run.metrics), ...listed('params', run.params), ...listed('tags', run.tags)])
  const inputs = braced([...listed('dataset_inputs', run.dataset_inputs), ...listed('model_inputs', model_inputs)])
  const outputs = braced(listed('model_outputs', run.model_outputs))
  return `{"info":${stringifyJson(infoOf(run))},"data":${data},"inputs":${inputs},"outputs":${outputs}}`
}

/** Runs as JSON texts, in the order of the given numbers. */
export async function runsByNo(db: Db, run_nos: readonly Int64[]): Promise<string[]> {
  if (run_nos.length === 0) return []
  return (await rows<RunRow>(db, page(run_nos))).map((run) => printRun(run, null))
}

export async function getRun(db: Db, { run_id }: Input<Endpoints['getRun']>) {
  const [found] = await rows<{ run_no: Int64 }>(
    db,
    named('run-no', sql`select run_no from runs where run_id = ${run_id}`),
  )
  if (!found) throw noSuchRun(run_id)
  const [[run], [[models = null] = []]] = await Promise.all([
    rows<RunRow>(db, page([found.run_no])),
    db.texts(modelInputs(found.run_no)),
  ])
  if (!run) throw noSuchRun(run_id)
  return new RawJson(`{"run":${printRun(run, models)}}`)
}

/** The info of one run, for an answer that has nothing else. */
export async function runInfo(db: Db, run_no: Int64) {
  const [run] = await rows<RunRow>(db, sql`select * from runs where run_no = ${run_no}`)
  if (!run) throw absent('The run is gone')
  return infoOf(run)
}
