import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Int64 } from '#contract'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import type { Db, Sql } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'
import {
  a,
  aField,
  aNumberTest,
  aTextTest,
  aTimeTest,
  KEYS,
  keyed,
  list,
  logic,
  orderOf,
  pick,
  TEXTS,
  TIMES,
  usually,
} from '../../test/arbitrary-searches.ts'
import { testDatabase } from '../../test/database.ts'
import { allPages, entries, pairsOf, put } from '../../test/searched-rows.ts'
import { driversOf } from './drivers.ts'
import type { OrderObject } from './parse.ts'
import { parseFilter, parseOrder, parseOrderObjects } from './parse.ts'
import type { ViewType } from './search.ts'
import { experimentsCount, experimentsSearch, findPage, loggedModelsSearch, runsCount, runsSearch } from './search.ts'
import type { ModelRow } from './search-model.ts'
import { evaluate, sorted } from './search-model.ts'
import { EXPERIMENTS, loggedModels, RUNS } from './subjects.ts'
import type { Dataset, OrderKey } from './tree.ts'

let db: Database
beforeAll(async () => {
  db = await openDatabase(await testDatabase())
})
afterAll(() => db.close())

const signer = Buffer.alloc(32, 7)

// Few keys and values, so that filters hit; among them all that is compared in a way of its own.
const NUMBERS = [0, -0, 1, -1.5, 0.1, 5e-324, 1e308, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
const DATASETS = [
  { name: 'a', digest: '1', context: 'train' },
  { name: 'A', digest: '2', context: undefined },
  { name: 'b', digest: '1', context: 'eval' },
]
const aRun = fc.record({
  experiment_id: pick([1, 2, 3]),
  lifecycle_stage: pick(['active', 'active', 'active', 'deleted']),
  run_name: pick(TEXTS),
  status: pick(['RUNNING', 'FINISHED', 'FAILED']),
  start_time: pick(TIMES),
  end_time: fc.option(pick(TIMES)),
  metrics: keyed(pick(NUMBERS)),
  params: keyed(pick(TEXTS)),
  tags: keyed(pick(TEXTS)),
  datasets: fc.subarray([0, 1, 2]),
  settled: fc.boolean(),
})
const anExperiment = fc.record({
  name: pick(TEXTS),
  lifecycle_stage: pick(['active', 'active', 'deleted']),
  creation_time: pick(TIMES),
  last_update_time: pick(TIMES),
  tags: keyed(pick(TEXTS)),
})
const MEASURED_ON: readonly Dataset[] = [
  { name: '', digest: '' },
  { name: 'a', digest: '1' },
  { name: 'a', digest: '2' },
  { name: 'b', digest: '1' },
]
/** The latest value of a metric of a model in one of two runs, on one of the datasets or on none. */
const aMeasurement = fc.record({
  run_no: pick([1, 2]),
  key: pick(KEYS),
  dataset: pick([0, 0, 1, 2, 3]),
  value: pick(NUMBERS),
  timestamp: pick([1, 2]),
  step: pick([0, 1]),
})
const aModel = fc.record({
  experiment_id: pick([1, 2, 3]),
  lifecycle_stage: pick(['active', 'active', 'active', 'deleted']),
  name: pick(TEXTS),
  model_type: pick(['', 'tree']),
  status: pick(['PENDING', 'READY', 'FAILED']),
  source_run_id: pick(['', 'r1', 'r2']),
  creation_timestamp: pick(TIMES),
  last_updated_timestamp: pick(TIMES),
  params: keyed(pick(TEXTS)),
  tags: keyed(pick(TEXTS)),
  measurements: fc.uniqueArray(aMeasurement, {
    maxLength: 6,
    selector: ({ run_no, key, dataset }) => `${run_no} ${key} ${dataset}`,
  }),
})
type Run = typeof aRun extends fc.Arbitrary<infer T> ? T : never
type Model = typeof aModel extends fc.Arbitrary<infer T> ? T : never
type Experiment = typeof anExperiment extends fc.Arbitrary<infer T> ? T : never

const runsFilter = logic(
  fc.oneof(
    a(aField('metrics'), aNumberTest),
    a(aField('params'), aTextTest),
    a(aField('tags'), aTextTest),
    a(pick(['run_name', 'attributes.status', 'run_id', 'user_id', 'artifact_uri']), aTextTest),
    a(pick(['start_time', 'end_time']), aTimeTest),
    a(pick(['dataset.name', 'dataset.digest', 'dataset.context']), aTextTest),
  ),
)
const experimentsFilter = logic(
  fc.oneof(
    a('name', aTextTest),
    a(pick(['creation_time', 'last_update_time']), aTimeTest),
    a(aField('tags'), aTextTest),
    a('experiment_id', pick(['=', '!=']), pick(["'1'", "'7'"])),
    a('experiment_id', pick(['IN', 'NOT IN']), list(pick(["'1'", "'2'", "'7'"]))),
  ),
)
const aQuery = {
  scope: usually<'all' | Int64[]>('all', fc.subarray<Int64>([1, 2, 3, 99])),
  view: usually<ViewType>('ACTIVE_ONLY', pick<ViewType>(['DELETED_ONLY', 'ALL'])),
  max_results: pick([3, 7, 1000]),
}
const aRunsQuery = fc.record({
  ...aQuery,
  filter: fc.oneof(fc.constant(''), runsFilter),
  order_by: orderOf(
    fc.oneof(
      aField('metrics'),
      aField('params'),
      aField('tags'),
      pick(['start_time', 'end_time', 'run_name', 'status', 'run_id', 'artifact_uri']),
    ),
  ),
  experiment_ids: usually<Int64[]>([1, 2, 3], fc.subarray<Int64>([1, 2, 3, 98])),
})
const anExperimentsQuery = fc.record({
  ...aQuery,
  filter: fc.oneof(fc.constant(''), experimentsFilter),
  order_by: orderOf(pick(['name', 'experiment_id', 'creation_time', 'last_update_time'])),
})

const putExperiments = (tx: Db) =>
  put(
    tx,
    'experiments',
    [1, 2, 3].map((n) => ({
      experiment_id: n,
      name: `e${n}`,
      artifact_location: 'x',
      creation_time: n,
      last_update_time: n,
      lifecycle_stage: 'active',
    })),
  )

const runId = (number: number) => `${'f'.repeat(30)}${90 - number}`
async function storeRuns(runs: readonly Run[]) {
  const all = runs.map((run, n) => ({ ...run, run_no: n + 1 }))
  const inputs = all.flatMap(({ run_no, datasets }) =>
    datasets.map((n) => ({ run_no, dataset_no: n + 1, context: DATASETS[n]?.context })),
  )
  await db.transaction(async (tx) => {
    await rows(tx, sql`truncate experiments, runs, datasets cascade`)
    await putExperiments(tx)
    await put(
      tx,
      'runs',
      all.map(({ metrics, params, tags, datasets, settled, ...run }) => ({
        ...run,
        run_id: runId(run.run_no),
        user_id: '',
        artifact_uri: `s3://${run.run_no % 3}`,
        deleted_with_experiment: false,
      })),
    )
    await put(
      tx,
      'series',
      all
        .flatMap(({ run_no, experiment_id, settled, metrics }) => pairsOf({ run_no, experiment_id, settled }, metrics))
        .map(({ value, settled, ...series }, n) => ({
          series_id: n + 1,
          ...series,
          last_value: value,
          settled_value: settled ? value : null,
          last_step: 0,
          last_timestamp: 0,
          min_step: 0,
          max_step: 0,
          min_timestamp: 0,
          max_timestamp: 0,
          sum_value: 0,
          count: 1,
          nan_count: 0,
          linked: false,
        })),
    )
    await put(
      tx,
      'params',
      all.flatMap(({ run_no, params }) => pairsOf({ run_no }, params)),
    )
    await put(
      tx,
      'tags',
      all.flatMap(({ run_no, tags }) => pairsOf({ run_no }, tags)),
    )
    await put(
      tx,
      'datasets',
      DATASETS.map(({ name, digest }, n) => ({
        dataset_no: n + 1,
        experiment_id: 1,
        name,
        digest,
        source_type: 's',
        source: 's',
      })),
    )
    await put(
      tx,
      'dataset_inputs',
      inputs.map(({ run_no, dataset_no }) => ({ run_no, dataset_no })),
    )
    await put(
      tx,
      'dataset_input_tags',
      inputs.flatMap(({ run_no, dataset_no, context }) =>
        context ? [{ run_no, dataset_no, key: 'mlflow.data.context', value: context }] : [],
      ),
    )
  })
}

const modelRun = (run: Run, index: number): ModelRow => ({
  key: BigInt(index + 1),
  values: new Map<string, readonly (string | number | bigint)[]>([
    ...entries('metric', run.metrics),
    ...entries('parameter', run.params),
    ...entries('tag', run.tags),
    ...entries('attribute', { run_id: runId(index + 1), run_name: run.run_name, user_id: '', status: run.status }),
    ...entries('attribute', { artifact_uri: `s3://${(index + 1) % 3}` }),
    ['attribute.start_time', [BigInt(run.start_time)]],
    ['attribute.end_time', run.end_time === null ? [] : [BigInt(run.end_time)]],
    ...(['name', 'digest', 'context'] as const).map((key): [string, string[]] => [
      `dataset.${key}`,
      run.datasets.flatMap((n) => DATASETS[n]?.[key] ?? []),
    ]),
  ]),
})

const total = async (count: Sql) => (await row<{ total: number }>(db, count))?.total
const inView = (view: ViewType, stage: string) => view === 'ALL' || (view === 'ACTIVE_ONLY') === (stage === 'active')
const key = (name: string, kind: OrderKey['kind'], descending: boolean): OrderKey => ({
  entity: 'attribute',
  key: name,
  kind,
  descending,
})
const isIn = (ids: 'all' | readonly Int64[], id: number) => ids === 'all' || ids.includes(id)

test('random searches of runs give what an evaluation row by row gives, page by page', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(aRun, { minLength: 20, maxLength: 30, size: 'max' }),
      fc.array(aRunsQuery, { minLength: 10, maxLength: 10 }),
      async (runs, queries) => {
        await storeRuns(runs)
        for (const { view, ...query } of queries) {
          const filter = parseFilter(RUNS, query.filter)
          const order = [
            ...parseOrder(RUNS, query.order_by),
            key('start_time', 'time', true),
            key('run_id', 'text', false),
          ]
          const expected = runs.flatMap((run, n) => {
            const seen = isIn(query.scope, run.experiment_id) && isIn(query.experiment_ids, run.experiment_id)
            const model = modelRun(run, n)
            return seen && inView(view, run.lifecycle_stage) && evaluate(filter, model) ? [model] : []
          })
          const asked = { ...query, run_view_type: view, key: signer }
          // whichever way is taken to them, it leads to the same runs
          for (const driver of [undefined, ...driversOf(RUNS, filter)]) {
            const found = await allPages(
              (page_token) => findPage(db, runsSearch({ ...asked, driver, page_token })),
              query.max_results,
            )
            expect(found).toEqual(sorted(expected, order).map((model) => model.key))
            expect(await total(runsCount({ ...asked, driver }))).toBe(expected.length)
          }
        }
      },
    ),
    { numRuns: 15, interruptAfterTimeLimit: 120_000 },
  )
}, 240_000)

test('random searches of experiments give what an evaluation row by row gives, page by page', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(anExperiment, { minLength: 3, maxLength: 10, selector: ({ name }) => name }),
      fc.array(anExperimentsQuery, { minLength: 8, maxLength: 8 }),
      async (experiments: Experiment[], queries) => {
        await db.transaction(async (tx) => {
          await rows(tx, sql`truncate experiments, runs, datasets cascade`)
          await put(
            tx,
            'experiments',
            experiments.map(({ tags, ...experiment }, n) => ({
              experiment_id: n + 1,
              artifact_location: 'x',
              ...experiment,
            })),
          )
          await put(
            tx,
            'experiment_tags',
            experiments.flatMap(({ tags }, n) => pairsOf({ experiment_id: n + 1 }, tags)),
          )
        })
        for (const { view, ...query } of queries) {
          const filter = parseFilter(EXPERIMENTS, query.filter)
          const isDefault = query.order_by.length === 0
          const order = isDefault
            ? [key('creation_time', 'time', true), key('experiment_id', 'id', false)]
            : [...parseOrder(EXPERIMENTS, query.order_by), key('experiment_id', 'id', true)]
          const expected = experiments.flatMap(
            ({ name, creation_time, last_update_time, lifecycle_stage, tags }, n) => {
              const model: ModelRow = {
                key: BigInt(n + 1),
                values: new Map<string, readonly (string | bigint)[]>([
                  ['attribute.name', [name]],
                  ['attribute.experiment_id', [BigInt(n + 1)]],
                  ['attribute.creation_time', [BigInt(creation_time)]],
                  ['attribute.last_update_time', [BigInt(last_update_time)]],
                  ...entries('tag', tags),
                ]),
              }
              return isIn(query.scope, n + 1) && inView(view, lifecycle_stage) && evaluate(filter, model) ? [model] : []
            },
          )
          const asked = { ...query, view_type: view, key: signer }
          const found = await allPages(
            (page_token) => findPage(db, experimentsSearch({ ...asked, page_token })),
            query.max_results,
          )
          expect(found).toEqual(sorted(expected, order).map((model) => model.key))
          expect(await total(experimentsCount(asked))).toBe(expected.length)
        }
      },
    ),
    { numRuns: 15, interruptAfterTimeLimit: 120_000 },
  )
}, 240_000)

const modelsFilter = logic(
  fc.oneof(
    a(aField('metrics'), aNumberTest),
    a(aField('params'), aTextTest),
    a(aField('tags'), aTextTest),
    a(pick(['name', 'attributes.status', 'model_id', 'model_type', 'source_run_id']), aTextTest),
    a(pick(['creation_timestamp', 'creation_time', 'attributes.last_updated_timestamp']), aTimeTest),
  ),
)
const aDataset = pick<Dataset>([{ name: 'a' }, { name: 'a', digest: '2' }, { name: 'b', digest: '1' }, { name: 'c' }])
const aModelsQuery = fc.record({
  scope: aQuery.scope,
  max_results: aQuery.max_results,
  filter: fc.oneof(fc.constant(''), modelsFilter),
  datasets: usually<Dataset[]>([], fc.array(aDataset, { maxLength: 2 })),
  order_by: fc.array(
    fc.record<OrderObject>({
      field_name: pick([
        ...['metrics.k', 'metrics.with space/x', 'metrics.absent'],
        ...['name', 'status', 'creation_timestamp', 'attributes.last_updated_timestamp', 'model_id'],
      ]),
      ascending: fc.boolean(),
      dataset_name: usually<string | undefined>(undefined, pick(['a', 'b'])),
    }),
    { maxLength: 3 },
  ),
  experiment_ids: usually<Int64[]>([1, 2, 3], fc.subarray<Int64>([1, 2, 3, 98])),
})

const modelId = (number: number) => `m-${'e'.repeat(30)}${90 - number}`

async function storeModels(models: readonly Model[]) {
  const all = models.map((model, n) => ({ ...model, model_no: n + 1 }))
  const seriesOf = ({ run_no, key }: { run_no: number; key: string }) => run_no * 10 + KEYS.indexOf(key)
  const measured = { last_step: 0, last_timestamp: 0, last_value: 0, min_step: 0, max_step: 0 }
  await db.transaction(async (tx) => {
    await rows(tx, sql`truncate experiments, runs, datasets, logged_models cascade`)
    await putExperiments(tx)
    await put(
      tx,
      'runs',
      [1, 2].map((run_no) => ({
        run_no,
        run_id: `r${run_no}`,
        experiment_id: 1,
        run_name: 'r',
        user_id: '',
        status: 'RUNNING',
        start_time: 0,
        artifact_uri: 'x',
        lifecycle_stage: 'active',
        deleted_with_experiment: false,
      })),
    )
    await put(
      tx,
      'series',
      [1, 2].flatMap((run_no) =>
        KEYS.map((key) => ({
          series_id: seriesOf({ run_no, key }),
          experiment_id: 1,
          run_no,
          key,
          ...measured,
          min_timestamp: 0,
          max_timestamp: 0,
          sum_value: 0,
          count: 1,
          nan_count: 0,
          linked: true,
        })),
      ),
    )
    await put(
      tx,
      'logged_models',
      all.map(({ params, tags, measurements, creation_timestamp, last_updated_timestamp, status, ...model }) => ({
        ...model,
        model_id: modelId(model.model_no),
        status: `LOGGED_MODEL_${status === 'FAILED' ? 'UPLOAD_FAILED' : status}`,
        creation_timestamp_ms: creation_timestamp,
        last_updated_timestamp_ms: last_updated_timestamp,
        artifact_uri: 'x',
      })),
    )
    for (const table of ['params', 'tags'] as const)
      await put(
        tx,
        `logged_model_${table}`,
        all.flatMap(({ model_no, ...model }) => pairsOf({ model_no }, model[table])),
      )
    await put(
      tx,
      'model_latest_metrics',
      all.flatMap(({ model_no, measurements }) =>
        measurements.map(({ dataset, value, timestamp, step, ...at }) => ({
          series_id: seriesOf(at),
          model_id: modelId(model_no),
          dataset_name: MEASURED_ON[dataset]?.name,
          dataset_digest: MEASURED_ON[dataset]?.digest,
          key: at.key,
          last_step: step,
          last_timestamp: timestamp,
          last_value: String(value),
        })),
      ),
    )
  })
}

const isOn = (on: readonly Dataset[], { dataset }: Model['measurements'][number]) =>
  on.length === 0 ||
  on.some(
    ({ name, digest = MEASURED_ON[dataset]?.digest }) =>
      name === MEASURED_ON[dataset]?.name && digest === MEASURED_ON[dataset]?.digest,
  )

/** The value by which models are ordered: the latest in time. */
const latestOn = ({ measurements }: Model, name: string, on: readonly Dataset[]): number[] =>
  measurements
    .filter((measurement) => measurement.key === name && isOn(on, measurement))
    .sort((l, r) => r.timestamp - l.timestamp || r.step - l.step || l.run_no - r.run_no || l.dataset - r.dataset)
    .slice(0, 1)
    .map(({ value }) => value)

/** `ordered` are the metrics by which the models are ordered, each under a name of its own. */
const modelOf = (model: Model, index: number, on: readonly Dataset[], ordered: readonly OrderKey[]): ModelRow => ({
  key: BigInt(index + 1),
  values: new Map<string, readonly (string | number | bigint)[]>([
    ...KEYS.map((name): [string, number[]] => [
      `metric.${name}`,
      model.measurements.filter((one) => one.key === name && isOn(on, one)).map(({ value }) => value),
    ]),
    ...ordered.map((sort): [string, number[]] => [
      `${sort.entity}.${sort.key} ${JSON.stringify(sort.on)}`,
      latestOn(model, sort.key, sort.on ?? []),
    ]),
    ...entries('parameter', model.params),
    ...entries('tag', model.tags),
    ...entries('attribute', {
      name: model.name,
      model_id: modelId(index + 1),
      model_type: model.model_type,
      status: model.status,
      source_run_id: model.source_run_id,
    }),
    ['attribute.creation_timestamp', [BigInt(model.creation_timestamp)]],
    ['attribute.last_updated_timestamp', [BigInt(model.last_updated_timestamp)]],
  ]),
})

test('random searches of logged models give what an evaluation row by row gives, page by page', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(aModel, { minLength: 15, maxLength: 25, size: 'max' }),
      fc.array(aModelsQuery, { minLength: 10, maxLength: 10 }),
      async (models, queries) => {
        await storeModels(models)
        for (const query of queries) {
          const { datasets: on } = query
          const filter = parseFilter(loggedModels(on), query.filter)
          const order = parseOrderObjects(loggedModels(on), query.order_by)
          const metrics = order.filter(({ entity }) => entity === 'metric')
          const judged = order.map((sort) =>
            sort.entity === 'metric' ? { ...sort, key: `${sort.key} ${JSON.stringify(sort.on)}` } : sort,
          )
          const expected = models.flatMap((model, n) => {
            const seen = isIn(query.scope, model.experiment_id) && isIn(query.experiment_ids, model.experiment_id)
            const measured = on.length === 0 || model.measurements.some((one) => isOn(on, one))
            const row = modelOf(model, n, on, metrics)
            return seen && measured && model.lifecycle_stage === 'active' && evaluate(filter, row) ? [row] : []
          })
          const all = [...judged, key('creation_timestamp', 'time', true), key('model_id', 'text', false)]
          const asked = { ...query, key: signer }
          const found = await allPages(
            (page_token) => findPage(db, loggedModelsSearch({ ...asked, page_token })),
            query.max_results,
          )
          expect(found).toEqual(sorted(expected, all).map((model) => model.key))
        }
      },
    ),
    { numRuns: 15, interruptAfterTimeLimit: 120_000 },
  )
}, 240_000)
