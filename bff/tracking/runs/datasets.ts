import type { Endpoints, Input } from '#contract'
import type { Scope } from '#kit/scope.ts'
import { inSight } from '#kit/scope.ts'
import type { Db } from '#kit/sql.ts'
import { raw, rows, sql } from '#kit/sql.ts'
import { experimentNo } from '../experiments/experiments.ts'

const SUMMARIES_LIMIT = 1000

type Summary = { experiment_id: string; name: string; digest: string; context: string | null }

/** Each dataset once for each of its contexts (`mlflow.data.context`, such as training), and once without where it has none. */
export async function searchDatasets(
  db: Db,
  { experiment_ids }: Input<Endpoints['searchDatasets']>,
  { experiments }: Scope,
) {
  const found = await rows<Summary>(
    db,
    sql`select distinct d.experiment_id::text as experiment_id, d.name, d.digest, t.value as context
        from datasets d join dataset_inputs i using (dataset_no) join runs r using (run_no)
        left join dataset_input_tags t on t.run_no = i.run_no and t.dataset_no = i.dataset_no and t.key = 'mlflow.data.context'
        where d.experiment_id = any(${experiment_ids.map(experimentNo)}::bigint[]) and r.lifecycle_stage = 'active'
          and ${inSight(raw('d.experiment_id'), experiments, 'bigint')}
        order by 1, 2, 3, 4 limit ${SUMMARIES_LIMIT}`,
  )
  if (found.length === 0) return {}
  return {
    dataset_summaries: found.map(({ context, ...dataset }) => ({
      ...dataset,
      ...(context === null ? {} : { context }),
    })),
  }
}
