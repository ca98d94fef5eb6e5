import type { Endpoints, Input, Int64 } from '#contract'
import type { Db } from '#kit/sql.ts'
import { rows, sql } from '#kit/sql.ts'
import { requireActiveRun } from './require.ts'

type LogInputs = Input<Endpoints['logInputs']>
type Dataset = LogInputs['datasets'][number]['dataset']

const id = ({ name, digest }: { name: string; digest: string }) => `${name}\n${digest}`

/** Datasets of an experiment by name and digest; one that is known keeps its source, schema and profile. */
async function ensureDatasets(db: Db, experiment: Int64, datasets: readonly Dataset[]): Promise<Map<string, Int64>> {
  const first = [...new Map([...datasets].reverse().map((dataset) => [id(dataset), dataset])).values()]
  await db.query(sql`
    insert into datasets (experiment_id, name, digest, source_type, source, schema, profile)
    select ${experiment}::bigint, * from unnest(${first.map((d) => d.name)}::text[], ${first.map((d) => d.digest)}::text[],
      ${first.map((d) => d.source_type)}::text[], ${first.map((d) => d.source)}::text[],
      ${first.map((d) => d.schema ?? null)}::text[], ${first.map((d) => d.profile ?? null)}::text[])
    order by 2, 3 on conflict do nothing`)
  const found = await rows<{ dataset_no: Int64; name: string; digest: string }>(
    db,
    sql`select dataset_no, name, digest from datasets
        join unnest(${first.map((d) => d.name)}::text[], ${first.map((d) => d.digest)}::text[]) as asked (name, digest) using (name, digest)
        where experiment_id = ${experiment}`,
  )
  return new Map(found.map((dataset) => [id(dataset), dataset.dataset_no]))
}

/** Link datasets and models to an active run. An edge that is there already keeps its tags. */
export async function logInputs(db: Db, { run_id, datasets, models }: LogInputs) {
  const { run_no, experiment_id } = await requireActiveRun(db, run_id)
  if (datasets.length > 0) {
    const known = await ensureDatasets(
      db,
      experiment_id,
      datasets.map(({ dataset }) => dataset),
    )
    const made = await rows<{ dataset_no: Int64 }>(
      db,
      sql`insert into dataset_inputs (run_no, dataset_no) select ${run_no}::bigint, unnest(${[...known.values()]}::bigint[])
          on conflict do nothing returning dataset_no`,
    )
    await tagInputs(db, run_no, new Set(made.map(({ dataset_no }) => dataset_no)), datasets, known)
  }
  if (models.length > 0)
    await db.query(sql`
      insert into model_inputs (run_no, model_id) select distinct ${run_no}::bigint, unnest(${models.map(({ model_id }) => model_id)}::text[])
      on conflict do nothing`)
  return {}
}

async function tagInputs(
  db: Db,
  run_no: Int64,
  made: Set<Int64>,
  datasets: LogInputs['datasets'],
  known: Map<string, Int64>,
) {
  const tags = new Map<string, { dataset_no: Int64; key: string; value: string }>()
  for (const { dataset, tags: given } of datasets) {
    const dataset_no = known.get(id(dataset))
    if (dataset_no === undefined || !made.has(dataset_no)) continue
    for (const { key, value } of given) tags.set(`${dataset_no} ${key}`, { dataset_no, key, value })
  }
  const all = [...tags.values()]
  await db.query(sql`
    insert into dataset_input_tags (run_no, dataset_no, key, value)
    select ${run_no}::bigint, * from unnest(${all.map((t) => t.dataset_no)}::bigint[], ${all.map((t) => t.key)}::text[], ${all.map((t) => t.value)}::text[])`)
}
