import type { Sql } from '#kit/sql.ts'
import { empty, sql } from '#kit/sql.ts'
import type { Entity, OrderKey, Subject } from './tree.ts'

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
