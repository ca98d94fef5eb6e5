import type { Endpoints, Input, Int64 } from '#contract'
import { absent } from '#contract'
import { RawJson } from '#kit/route.ts'
import type { Db, Sql } from '#kit/sql.ts'
import { named, raw, sql } from '#kit/sql.ts'
import { noSuchRun } from './require.ts'

// Runs are printed by Postgres, whole: to take a page of 2,200 rows apart and print it again cost Node more than to pass its text
// on. A key goes in as it is, since it may have no character that JSON would quote (keyProblem). The lists come sorted out of
// their index; an `order by` within string_agg would sort each of them again.

const INFO = sql`
  '{"run_id":"' || r.run_id || '","run_uuid":"' || r.run_id || '","run_name":' || to_json(r.run_name) ||
  ',"experiment_id":"' || r.experiment_id || '","user_id":' || to_json(r.user_id) || ',"status":"' || r.status ||
  '","start_time":' || r.start_time || coalesce(',"end_time":' || r.end_time, '') ||
  ',"artifact_uri":' || to_json(r.artifact_uri) || ',"lifecycle_stage":"' || r.lifecycle_stage || '"}'`

/** The model and the dataset that the latest point of a series names. */
const MEASURED = sql`
  case when s.linked then coalesce((
    select ',"model_id":' || to_json(m.model_id) ||
           case when m.dataset_name = '' then '' else ',"dataset_name":' || to_json(m.dataset_name) end ||
           case when m.dataset_digest = '' then '' else ',"dataset_digest":' || to_json(m.dataset_digest) end
    from model_metrics m
    where m.series_id = s.series_id and m.step = s.last_step and m.timestamp = s.last_timestamp and m.value = s.last_value
    order by m.model_id, m.dataset_name limit 1), '') else '' end`

/** MLflow prints NaN as a word and an infinity as the largest double. */
const METRICS = sql`
  (select '"metrics":[{"key":"' || string_agg(s.key || '","value":' ||
            case s.last_value when 'NaN' then '"NaN"' when 'Infinity' then '1.7976931348623157e308'
                              when '-Infinity' then '-1.7976931348623157e308' else s.last_value::text end ||
            ',"timestamp":' || s.last_timestamp || ',"step":' || s.last_step || ${MEASURED}, '},{"key":"') || '}]'
   from (select series_id, key, last_value, last_timestamp, last_step, linked from series where run_no = r.run_no order by key) s)`

/** Values are mostly plain: one look at all of a run's is cheaper than to quote each. */
function pairs(table: 'params' | 'tags'): Sql {
  const rows = sql`from (select key, value from ${raw(table)} where run_no = r.run_no order by key) v`
  const list = raw(`'"${table}":[{"key":"' ||`)
  return sql`
  (select case when to_json(string_agg(v.value, ''))::text = '"' || string_agg(v.value, '') || '"'
     then ${list} string_agg(v.key || '","value":"' || v.value, '"},{"key":"') || '"}]'
     else (select ${list} string_agg(v.key || '","value":' || to_json(v.value), '},{"key":"') || '}]' ${rows}) end
   ${rows})`
}

const DATASET_INPUTS = sql`
  (select '"dataset_inputs":[' || string_agg('{"tags":' || coalesce((
              select json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key)::text
              from dataset_input_tags t where t.run_no = i.run_no and t.dataset_no = i.dataset_no), '[]') ||
            ',"dataset":' || json_strip_nulls(json_build_object('name', d.name, 'digest', d.digest, 'source_type', d.source_type,
              'source', d.source, 'schema', d.schema, 'profile', d.profile)) || '}', ',' order by d.name, d.digest) || ']'
   from dataset_inputs i join datasets d using (dataset_no) where i.run_no = r.run_no)`

const MODEL_INPUTS = sql`
  (select '"model_inputs":[' || string_agg('{"model_id":' || to_json(m.model_id) || '}', ',' order by m.model_id) || ']'
   from model_inputs m where m.run_no = r.run_no)`

const MODEL_OUTPUTS = sql`
  (select '"model_outputs":[' ||
          string_agg('{"model_id":' || to_json(m.model_id) || ',"step":' || m.step || '}', ',' order by m.step, m.model_id) || ']'
   from model_outputs m where m.run_no = r.run_no)`

/** One run `r` as JSON text. A list that is empty is null here, and MLflow leaves it out. */
const printed = (inputs: Sql, outputs: Sql): Sql => sql`
  '{"info":' || ${INFO} ||
  ',"data":{' || concat_ws(',', ${METRICS}, ${pairs('params')}, ${pairs('tags')}) ||
  '},"inputs":{' || concat_ws(',', ${inputs}) || '},"outputs":{' || concat_ws(',', ${outputs}) || '}}'`

/** Few runs have these lists, and to find that none of a page has them takes one look. */
const where = (table: string, run_nos: readonly Int64[], list: Sql): Sql => sql`
  case when r.run_no = any (array(select run_no from ${raw(table)} where run_no = any (${run_nos}::bigint[]))) then ${list} end`

/**
 * Runs as JSON texts, in the order of the given numbers. A row each: one text for all is so long that Postgres and Node get new
 * memory for it from the system each time, which cost more than the rows.
 */
export async function printRuns(db: Db, run_nos: readonly Int64[]): Promise<string[]> {
  if (run_nos.length === 0) return []
  const inputs = where('dataset_inputs', run_nos, DATASET_INPUTS)
  const outputs = where('model_outputs', run_nos, MODEL_OUTPUTS)
  const runs = await db.texts(
    named(
      'runs-by-no',
      sql`
      select ${printed(inputs, outputs)}
      from unnest(${run_nos}::bigint[]) with ordinality as wanted (run_no, n) join runs r using (run_no)
      order by wanted.n`,
    ),
  )
  return runs.flatMap(([run]) => run ?? [])
}

/** MLflow tells a run's model inputs where one run is asked for, and leaves them out of searches. */
export async function getRun(db: Db, { run_id }: Input<Endpoints['getRun']>) {
  const [found] = await db.texts(
    named(
      'run-by-id',
      sql`select ${printed(sql`${DATASET_INPUTS}, ${MODEL_INPUTS}`, MODEL_OUTPUTS)} from runs r where r.run_id = ${run_id}`,
    ),
  )
  if (!found) throw noSuchRun(run_id)
  return new RawJson(`{"run":${found[0]}}`)
}

/** The info of one run as JSON text. */
export async function printRunInfo(db: Db, run_no: Int64): Promise<string> {
  const [[info] = []] = await db.texts(sql`select ${INFO} from runs r where r.run_no = ${run_no}`)
  if (!info) throw absent('The run is gone')
  return info
}
