import type { Sql } from '#kit/sql.ts'
import { empty, join, sql } from '#kit/sql.ts'
import type { Dataset, Entity, OrderKey, Subject } from './tree.ts'

const text = 'text'
const time = 'time'

export const by = (key: string, kind: OrderKey['kind'], descending: boolean): OrderKey => ({
  entity: 'attribute',
  key,
  kind,
  descending,
})

export const columns = (
  byKey: Readonly<Record<string, Sql>>,
  nullable: readonly string[] = [],
): Pick<Entity, 'orderable' | 'place' | 'value'> => ({
  orderable: true,
  place: 'row',
  value: (key) => ({ column: byKey[key] ?? empty, from: empty, nullable: nullable.includes(key) }),
})

/** One value a key in rows beside: `from` names them `v` and ties them to the row. */
export const pairs = (column: Sql, from: Sql): Pick<Entity, 'orderable' | 'place' | 'value'> => ({
  orderable: true,
  place: 'beside',
  value: (key) => ({ column, from: sql`${from} and v.key = ${key}`, nullable: true }),
})

const DATASETS = sql`dataset_inputs i join datasets d using (dataset_no) where i.run_no = r.run_no`
const DATASET_CONTEXTS = sql`dataset_input_tags t where t.run_no = r.run_no and t.key = 'mlflow.data.context'`
const DATASET_VALUES: Readonly<Record<string, { column: Sql; from: Sql }>> = {
  name: { column: sql`d.name`, from: DATASETS },
  digest: { column: sql`d.digest`, from: DATASETS },
  context: { column: sql`t.value`, from: DATASET_CONTEXTS },
}

export const RUNS: Subject = {
  name: 'runs',
  entities: [
    {
      name: 'metric',
      aliases: ['metric', 'metrics'],
      keys: 'number',
      ...pairs(sql`v.last_value`, sql`series v where v.run_no = r.run_no`),
      index: {
        of: 'settled numbers',
        table: sql`series v`,
        owner: sql`v.run_no`,
        group: sql`v.experiment_id`,
        settled: sql`v.settled_value`,
      },
    },
    {
      name: 'parameter',
      aliases: ['parameter', 'parameters', 'param', 'params'],
      keys: text,
      ...pairs(sql`v.value`, sql`params v where v.run_no = r.run_no`),
      index: { of: 'beginnings', table: sql`params v`, owner: sql`v.run_no` },
    },
    {
      name: 'tag',
      aliases: ['tag', 'tags'],
      keys: text,
      ...pairs(sql`v.value`, sql`tags v where v.run_no = r.run_no`),
      index: { of: 'beginnings', table: sql`tags v`, owner: sql`v.run_no` },
    },
    {
      name: 'attribute',
      aliases: ['attribute', 'attributes', 'attr', 'run'],
      keys: {
        run_id: text,
        run_name: text,
        user_id: text,
        status: text,
        artifact_uri: text,
        start_time: time,
        end_time: time,
      },
      synonyms: {
        created: 'start_time',
        Created: 'start_time',
        'run name': 'run_name',
        'Run name': 'run_name',
        'Run Name': 'run_name',
      },
      ...columns(
        {
          run_id: sql`r.run_id`,
          run_name: sql`r.run_name`,
          user_id: sql`r.user_id`,
          status: sql`r.status`,
          artifact_uri: sql`r.artifact_uri collate "C"`,
          start_time: sql`r.start_time`,
          end_time: sql`r.end_time`,
        },
        ['end_time'],
      ),
    },
    {
      name: 'dataset',
      aliases: ['dataset', 'datasets'],
      keys: { name: text, digest: text, context: text },
      orderable: false,
      place: 'beside',
      value: (key) => ({ column: empty, from: empty, ...DATASET_VALUES[key], nullable: true }),
    },
  ],
  from: sql`runs r`,
  key: sql`r.run_no`,
  defaultOrder: [],
  tieBreakers: [by('start_time', time, true), by('run_id', text, false)],
}

export const EXPERIMENTS: Subject = {
  name: 'experiments',
  entities: [
    {
      name: 'attribute',
      aliases: ['attribute'],
      keys: { name: text, experiment_id: 'id', creation_time: time, last_update_time: time },
      ...columns({
        name: sql`e.name`,
        experiment_id: sql`e.experiment_id`,
        creation_time: sql`e.creation_time`,
        last_update_time: sql`e.last_update_time`,
      }),
    },
    {
      name: 'tag',
      aliases: ['tag', 'tags'],
      keys: text,
      ...pairs(sql`v.value`, sql`experiment_tags v where v.experiment_id = e.experiment_id`),
      orderable: false,
    },
  ],
  from: sql`experiments e`,
  key: sql`e.experiment_id`,
  defaultOrder: [by('creation_time', time, true), by('experiment_id', 'id', false)],
  tieBreakers: [by('experiment_id', 'id', true)],
}

/** Which latest metrics `v` are on one of these datasets; all where there is none. */
const onDatasets = (datasets: readonly Dataset[]): Sql =>
  datasets.length === 0
    ? empty
    : sql` and (${join(
        datasets.map(
          ({ name, digest }) =>
            sql`(v.dataset_name = ${name}${digest ? sql` and v.dataset_digest = ${digest}` : empty})`,
        ),
        ' or ',
      )})`

/** That a model has been measured on one of these datasets. */
export const measuredOn = (datasets: readonly Dataset[]): Sql =>
  sql`coalesce((select 1 from model_latest_metrics v where v.model_id = m.model_id${onDatasets(datasets)} limit 1), 0) <> 0`

/**
 * Logged models. Their metrics are those of each run and dataset, or of each run on these datasets; rows are ordered by the
 * latest of them (in time, as MLflow has it here).
 */
export const loggedModels = (datasets: readonly Dataset[]): Subject => ({
  name: 'logged models',
  entities: [
    {
      name: 'metric',
      aliases: ['metrics'],
      keys: 'number',
      orderable: true,
      place: 'beside',
      value: (key, on = datasets) => ({
        column: sql`v.last_value`,
        from: sql`model_latest_metrics v where v.model_id = m.model_id and v.key = ${key}${onDatasets(on)}`,
        nullable: true,
        first: sql`order by v.last_timestamp desc, v.last_step desc, v.series_id, v.dataset_name, v.dataset_digest limit 1`,
      }),
    },
    {
      name: 'parameter',
      aliases: ['params'],
      keys: text,
      ...pairs(sql`v.value`, sql`logged_model_params v where v.model_no = m.model_no`),
      orderable: false,
    },
    {
      name: 'tag',
      aliases: ['tags'],
      keys: text,
      ...pairs(sql`v.value`, sql`logged_model_tags v where v.model_no = m.model_no`),
      orderable: false,
    },
    {
      name: 'attribute',
      aliases: ['attributes'],
      keys: {
        name: text,
        model_id: text,
        model_type: text,
        status: text,
        source_run_id: text,
        creation_timestamp: time,
        last_updated_timestamp: time,
      },
      synonyms: {
        creation_time: 'creation_timestamp',
        creation_timestamp_ms: 'creation_timestamp',
        last_updated_time: 'last_updated_timestamp',
        last_updated_timestamp_ms: 'last_updated_timestamp',
      },
      ...columns({
        name: sql`m.name`,
        model_id: sql`m.model_id`,
        model_type: sql`m.model_type`,
        status: sql`case m.status when 'LOGGED_MODEL_READY' then 'READY' when 'LOGGED_MODEL_PENDING' then 'PENDING' else 'FAILED' end`,
        source_run_id: sql`m.source_run_id`,
        creation_timestamp: sql`m.creation_timestamp_ms`,
        last_updated_timestamp: sql`m.last_updated_timestamp_ms`,
      }),
    },
  ],
  from: sql`logged_models m`,
  key: sql`m.model_no`,
  defaultOrder: [],
  tieBreakers: [by('creation_timestamp', time, true), by('model_id', text, false)],
})
