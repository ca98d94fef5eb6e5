import type { Sql } from '#kit/sql.ts'
import { sql } from '#kit/sql.ts'
import type { Entity, OrderKey, Subject } from './tree.ts'

const text = 'text'
const time = 'time'

const by = (key: string, kind: OrderKey['kind'], descending: boolean): OrderKey => ({
  entity: 'attribute',
  key,
  kind,
  descending,
})

/** A column of the row itself. A nullable one is asked for being there, so that the answer is never null. */
const column = (
  columns: Readonly<Record<string, Sql>>,
  nullable: readonly string[] = [],
): Pick<Entity, 'some' | 'value'> => ({
  some: (key, passes) =>
    nullable.includes(key) ? sql`(${columns[key]} is not null and ${passes(columns[key]!)})` : passes(columns[key]!),
  value: (key) => ({ column: columns[key]! }),
})

const runAttributes: Entity = {
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
  ...column(
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
}

const DATASET_COLUMNS: Readonly<Record<string, Sql>> = { name: sql`d.name`, digest: sql`d.digest` }

const runDatasets: Entity = {
  name: 'dataset',
  aliases: ['dataset', 'datasets'],
  keys: { name: text, digest: text, context: text },
  some: (key, passes) =>
    key === 'context'
      ? sql`exists (select from dataset_input_tags t where t.run_no = r.run_no and t.key = 'mlflow.data.context' and ${passes(sql`t.value`)})`
      : sql`exists (select from dataset_inputs i join datasets d using (dataset_no) where i.run_no = r.run_no and ${passes(DATASET_COLUMNS[key]!)})`,
}

export const RUNS: Subject = {
  name: 'runs',
  entities: [
    {
      name: 'metric',
      aliases: ['metric', 'metrics'],
      keys: 'number',
      some: (key, passes) =>
        sql`exists (select from series v where v.run_no = r.run_no and v.key = ${key} and ${passes(sql`v.last_value`)})`,
      value: (key, o) => ({
        column: sql`${o}.last_value`,
        join: sql`left join series ${o} on ${o}.run_no = r.run_no and ${o}.key = ${key}`,
      }),
    },
    {
      name: 'parameter',
      aliases: ['parameter', 'parameters', 'param', 'params'],
      keys: text,
      some: (key, passes) =>
        sql`exists (select from params v where v.run_no = r.run_no and v.key = ${key} and ${passes(sql`v.value`)})`,
      value: (key, o) => ({
        column: sql`${o}.value`,
        join: sql`left join params ${o} on ${o}.run_no = r.run_no and ${o}.key = ${key}`,
      }),
    },
    {
      name: 'tag',
      aliases: ['tag', 'tags'],
      keys: text,
      some: (key, passes) =>
        sql`exists (select from tags v where v.run_no = r.run_no and v.key = ${key} and ${passes(sql`v.value`)})`,
      value: (key, o) => ({
        column: sql`${o}.value`,
        join: sql`left join tags ${o} on ${o}.run_no = r.run_no and ${o}.key = ${key}`,
      }),
    },
    runAttributes,
    runDatasets,
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
      ...column({
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
      some: (key, passes) =>
        sql`exists (select from experiment_tags v where v.experiment_id = e.experiment_id and v.key = ${key} and ${passes(sql`v.value`)})`,
    },
  ],
  from: sql`experiments e`,
  key: sql`e.experiment_id`,
  defaultOrder: [by('creation_time', time, true), by('experiment_id', 'id', false)],
  tieBreakers: [by('experiment_id', 'id', true)],
}
