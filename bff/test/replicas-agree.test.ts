import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  bucketSeries,
  getExperimentByName,
  getMetricHistory,
  getMetricHistoryBulkInterval,
  getRegisteredModel,
  listArtifacts,
  listRunArtifactRecords,
  searchDatasets,
  searchLoggedModels,
  searchModelVersions,
  searchRuns,
  stringifyJson,
  summariseSeries,
} from '#contract'
import { temporaryFolder } from './artifact-places.ts'
import type { Servers } from './mixed-work.ts'
import { EXPERIMENT, inTurn, mixedWork, REGISTERED } from './mixed-work.ts'
import type { TestPostgres } from './postgres.ts'
import { noPostgres, startPostgres } from './postgres.ts'
import { startAssay } from './process.ts'

/** Times that a server takes from its clock, and what is another each time: which number came first, which inode a file got. */
const OF_THE_MOMENT = new Set(['stored_time', 'etag', 'experiment_id', 'creation_time', 'last_update_time'])
const TIMESTAMPS = /^(creation|last_updated)_timestamp(_ms)?$/

/** Everything that the work left, in words that do not depend on ids, clocks and who was first. */
async function everything(servers: Servers) {
  const { ask } = servers
  const { experiment } = await ask(getExperimentByName, { experiment_name: EXPERIMENT })
  const { experiment_id } = experiment
  const experiment_ids = [experiment_id]
  const runs = await allRuns(servers, experiment_id)
  const run_ids = runs.map(({ info }) => info.run_id)
  const shared = runs.find(({ info }) => info.run_name === 'shared')?.info.run_id ?? ''
  const { models } = await ask(searchLoggedModels, { experiment_ids, order_by: [{ field_name: 'name' }] })
  const { model_versions } = await ask(searchModelVersions, { filter: `name = '${REGISTERED}'` })
  const { registered_model } = await ask(getRegisteredModel, { name: REGISTERED })
  const files = await Promise.all(
    run_ids.map(async (run_id) => [
      await ask(listArtifacts, { run_id }),
      await ask(listRunArtifactRecords, { run_id, which: 'all' }),
    ]),
  )
  const names = new Map([
    ...runs.map(({ info }) => [info.run_id, info.run_name] as const),
    ...models.map(({ info }) => [info.model_id, `model of ${info.name}`] as const),
    ...model_versions.map(({ version, description }) => [numbered(version), `version of ${description}`] as const),
  ])
  const found = {
    experiment,
    runs,
    matching: await ask(searchRuns, {
      experiment_ids,
      filter: "params.kind = 'kind-1' and metrics.loss < 0.5",
      order_by: ['metrics.loss ASC'],
    }),
    models,
    versions: model_versions
      .map(({ description, version, ...rest }) => ({ description, version: numbered(version), ...rest }))
      .sort(byText),
    numbers: model_versions.map(({ version }) => Number(version)).sort((a, b) => a - b),
    aliases: registered_model.aliases.map(({ alias, version }) => [alias, numbered(version)]).sort(byText),
    files,
    datasets: await ask(searchDatasets, { experiment_ids }),
    history: await ask(getMetricHistory, { run_id: shared, metric_key: 'all' }),
    sample: await ask(getMetricHistoryBulkInterval, { run_ids: [shared], metric_key: 'all', max_results: 100 }),
    buckets: await ask(bucketSeries, { run_ids, keys: ['loss', 'all'] }),
    summaries: await ask(summariseSeries, { run_ids, keys: [] }),
  }
  return normalised(found, names, experiment_id)
}

const numbered = (version: string) => `version-${version}-`
const byText = (a: unknown, b: unknown) => (stringifyJson(a) < stringifyJson(b) ? -1 : 1)

/** Page after page, each from another server than the one that gave its token. */
async function allRuns({ ask }: Servers, experiment_id: string) {
  const asked = { experiment_ids: [experiment_id], run_view_type: 'ALL' as const, order_by: ['attributes.run_name'] }
  const first = await ask(searchRuns, { ...asked, max_results: 4 })
  const { runs } = first
  for (let token = first.next_page_token; token; ) {
    const page = await ask(searchRuns, { ...asked, max_results: 4, page_token: token })
    runs.push(...page.runs)
    token = page.next_page_token
  }
  return runs
}

function normalised(found: object, names: ReadonlyMap<string, string>, experiment_id: string): Record<string, unknown> {
  const text = JSON.stringify(found, (key, value) => {
    if (OF_THE_MOMENT.has(key) || TIMESTAMPS.test(key)) return undefined
    // sums are of doubles, added up in whatever order the points came
    if (key === 'mean') return [value].flat().map((mean) => Number(mean).toPrecision(9))
    if (key === 'value' && typeof value === 'string') return value.replace(/"version":(\d+)/, (_, n) => numbered(n))
    return value
  })
  const named = [...names].reduce((all, [id, name]) => all.replaceAll(id, name), text)
  return JSON.parse(named.replaceAll(`:/${experiment_id}/`, ':/EXPERIMENT/'))
}

describe.runIf(noPostgres === undefined)(`replicas ${noPostgres ? `(skipped: ${noPostgres})` : ''}`, () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startPostgres({ settings: ['max_connections=200'] })
    await postgres.run('createdb', '-h', postgres.home, '-p', new URL(postgres.url).port, '-U', 'postgres', 'single')
  })
  afterAll(() => postgres.close())

  async function start(database: string, artifacts: string, ...flags: string[]) {
    const url = new URL(postgres.url)
    url.pathname = database
    const assay = startAssay(['serve', '--port=0', '--artifacts', artifacts, ...flags], {
      ASSAY_DATABASE_URL: url.href,
    })
    return { ...assay, base: await assay.url() }
  }

  test('three processes on one database, driven at once, leave what one leaves', async () => {
    const folder = await temporaryFolder()
    const one = await start('single', await temporaryFolder())
    const single = inTurn([one.base])
    const expected = { found: await mixedWork(single), left: await everything(single) }

    const [alone, workers] = await Promise.all([start('postgres', folder), start('postgres', folder, '--workers=2')])
    await workers.logs({ msg: 'a worker starts', worker: 2 })
    const both = inTurn([alone.base, workers.base, workers.base])
    expect(await mixedWork(both)).toEqual(expected.found)
    for (const base of [alone.base, workers.base, workers.base])
      for (const [what, left] of Object.entries(await everything(inTurn([base]))))
        expect([what, left]).toEqual([what, expected.left[what]])
    expect(await everything(both)).toEqual(expected.left)

    // each process took a part: their request ids begin with their own prefix
    for (const { child } of [one, alone, workers]) child.kill('SIGTERM')
    expect(await Promise.all([one.exited, alone.exited, workers.exited])).toEqual([0, 0, 0])
    const processes = (server: typeof one) =>
      new Set([...server.printed().matchAll(/"id":"(\w+)-\w+","method":"POST"/g)].map(([, prefix]) => prefix)).size
    expect([one, alone, workers].map(processes)).toEqual([1, 1, 2])
  }, 240_000)
})
