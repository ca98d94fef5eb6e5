import { randomUUID } from 'node:crypto'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  createExperiment,
  createLoggedModel,
  createModelVersion,
  createRegisteredModel,
  createRun,
  deleteArtifact,
  deleteExperiment,
  downloadArtifact,
  finalizeLoggedModel,
  getArtifact,
  getExperiment,
  getLoggedModel,
  getMetricHistory,
  getMetricHistoryBulkInterval,
  getModelVersionByAlias,
  getReady,
  getRun,
  getServer,
  getServerInfo,
  listArtifacts,
  logBatch,
  logInputs,
  parseJson,
  requestOf,
  restoreExperiment,
  searchExperiments,
  searchLoggedModels,
  searchModelVersions,
  searchRegisteredModels,
  searchRuns,
  setRegisteredModelAlias,
  setTag,
  updateRun,
  uploadArtifact,
} from '#contract'
import type { RawJson } from '#kit/route.ts'
import type { Scope } from '#kit/scope.ts'
import { call } from '../../web/lib/client.ts'
import { ask } from '../test/ask.ts'
import { serveUpstream } from '../test/server.ts'
import { toRelay } from './index.ts'

// In front of a real MLflow server, which others may be using meanwhile.

const mlflow = process.env.ASSAY_TEST_MLFLOW_URL
const unique = (name: string) => `${name} ${randomUUID().slice(0, 8)}`

describe.skipIf(!mlflow)('in front of an MLflow server', () => {
  let relay: ReturnType<typeof toRelay>
  let server: { base: string }

  beforeAll(async () => {
    const target = { origin: mlflow ?? '', prefix: '' }
    relay = toRelay({ kind: 'mlflow', target, credentials: undefined, answerMs: 120_000 })
    const opened = await serveUpstream(relay)
    server = opened
    return async () => {
      await opened.close()
      await relay.close()
    }
  })

  const newExperiment = async (name = unique('relayed')) =>
    (await call(createExperiment, { name, tags: [{ key: 'team', value: 'red' }] }, server)).experiment_id
  const newRun = async (experiment_id: string, run_name = 'first') =>
    (await call(createRun, { experiment_id, run_name, start_time: 1000 }, server)).run.info

  test('it is ready, and says what it has not', async () => {
    expect(await call(getReady, {}, server)).toMatchObject({ ready: true })
    const { absent, mlflow_version } = await call(getServer, {}, server)
    expect(mlflow_version).toMatch(/^3\./)
    expect(absent).toContain('POST /api/assay/series/buckets')
    expect(await call(getServerInfo, {}, server)).toMatchObject({
      workspaces_enabled: false,
      features_enabled: { gateway: false },
    })
  })

  test('experiments come and go', async () => {
    const name = unique('come')
    const experiment_id = await newExperiment(name)
    expect((await call(getExperiment, { experiment_id }, server)).experiment).toMatchObject({
      name,
      lifecycle_stage: 'active',
    })
    await call(deleteExperiment, { experiment_id }, server)
    await call(restoreExperiment, { experiment_id }, server)
    const found = await call(searchExperiments, { filter: `name = '${name}'` }, server)
    expect(found.experiments).toMatchObject([{ experiment_id, tags: [{ key: 'team', value: 'red' }] }])
    await expect(call(createExperiment, { name }, server)).rejects.toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS' })
  })

  test('a run logs params, tags, metrics and datasets, and is found by them', async () => {
    const experiment_id = await newExperiment()
    const { run_id } = await newRun(experiment_id)
    const metrics = Array.from({ length: 500 }, (_, step) => ({
      key: 'loss',
      value: step,
      timestamp: 1000 + step,
      step,
    }))
    await call(logBatch, { run_id, metrics, params: [{ key: 'lr', value: '0.1' }], tags: [] }, server)
    await call(
      logBatch,
      { run_id, metrics: [{ key: 'none', value: 'NaN', timestamp: 1, step: '9007199254740993' }] },
      server,
    )
    await call(setTag, { run_id, key: 'team', value: 'blüe' }, server)
    const dataset = { name: 'iris', digest: 'd', source_type: 'local', source: '{}' }
    await call(logInputs, { run_id, datasets: [{ dataset, tags: [] }], models: [] }, server)
    await call(updateRun, { run_id, status: 'FINISHED', end_time: 5000 }, server)
    const { run } = await call(getRun, { run_id }, server)
    expect(run.info).toMatchObject({ status: 'FINISHED', end_time: 5000 })
    expect(run.data.metrics.find(({ key }) => key === 'none')).toMatchObject({
      value: Number.NaN,
      step: 9007199254740993n,
    })
    expect(run.inputs.dataset_inputs).toMatchObject([{ dataset: { name: 'iris' } }])
    const filter = "metrics.loss > 400 AND params.lr = '0.1' AND tags.team = 'blüe'"
    const found = await call(searchRuns, { experiment_ids: [experiment_id], filter }, server)
    expect(found.runs.map(({ info }) => info.run_id)).toEqual([run_id])
    expect((await call(getMetricHistory, { run_id, metric_key: 'loss' }, server)).metrics).toHaveLength(500)
    const sampled = await call(
      getMetricHistoryBulkInterval,
      { run_ids: [run_id], metric_key: 'loss', max_results: 10 },
      server,
    )
    expect(sampled.metrics.length).toBeGreaterThanOrEqual(10)
  })

  test('artifacts go up, are listed, come down in part, and are deleted', async () => {
    const experiment_id = await newExperiment()
    const { run_id } = await newRun(experiment_id)
    const path = `${experiment_id}/${run_id}/artifacts/folder/ä b.json`
    const url = (request: { path: string }) => server.base + request.path
    const up = await ask(url(requestOf(uploadArtifact, { path })), { method: 'PUT', body: '{"a": 1}' })
    expect(up).toMatchObject({ status: 200, json: {} })
    expect((await call(listArtifacts, { run_id, path: 'folder' }, server)).files).toMatchObject([
      { path: 'folder/ä b.json', file_size: 8 },
    ])
    for (const request of [
      requestOf(downloadArtifact, { path }),
      requestOf(getArtifact, { run_id, path: 'folder/ä b.json' }),
    ]) {
      const { status, text, headers } = await ask(url(request))
      expect([status, text]).toEqual([200, '{"a": 1}'])
      expect(headers['content-security-policy']).toContain('sandbox')
      expect(headers['content-disposition']).toMatch(/^attachment/)
    }
    const part = await ask(url(requestOf(downloadArtifact, { path })), { headers: { range: 'bytes=1-3' } })
    expect([part.status, part.text]).toEqual([206, '"a"'])
    await call(deleteArtifact, { path }, server)
    expect(await ask(url(requestOf(downloadArtifact, { path })))).toMatchObject({
      status: 404,
      json: { error_code: 'RESOURCE_DOES_NOT_EXIST' },
    })
  })

  test('logged models and the registry', async () => {
    const experiment_id = await newExperiment()
    const { run_id } = await newRun(experiment_id)
    const { model } = await call(createLoggedModel, { experiment_id, name: 'forest', source_run_id: run_id }, server)
    const { model_id } = model.info
    await call(finalizeLoggedModel, { model_id, status: 'LOGGED_MODEL_READY' }, server)
    expect((await call(getLoggedModel, { model_id }, server)).model.info.status).toBe('LOGGED_MODEL_READY')
    const found = await call(searchLoggedModels, { experiment_ids: [experiment_id] }, server)
    expect(found.models.map(({ info }) => info.model_id)).toEqual([model_id])

    const name = unique('forest')
    await call(createRegisteredModel, { name }, server)
    await call(createModelVersion, { name, source: `models:/${model_id}`, run_id, model_id }, server)
    await call(setRegisteredModelAlias, { name, alias: 'champion', version: '1' }, server)
    const { model_version } = await call(getModelVersionByAlias, { name, alias: 'champion' }, server)
    expect(model_version).toMatchObject({ name, version: '1', run_id })
    expect((await call(searchModelVersions, { filter: `name = '${name}'` }, server)).model_versions).toHaveLength(1)
  })

  describe('a caller who may see some of it', () => {
    const asked = (scope: Scope) => ({ scope, principal: 'ann', request: new IncomingMessage(new Socket()) })
    const read = (answer: unknown) => parseJson((answer as RawJson).text)

    test('finds that, in full pages', async () => {
      const word = unique('scoped')
      const ids: string[] = []
      for (let i = 0; i < 12; i++) ids.push(await newExperiment(`${word} ${String(i).padStart(2, '0')}`))
      const mine = ids.filter((_, i) => i % 3 === 0)
      const context = asked({ experiments: mine.map(Number), registeredModels: [] })
      const found: string[] = []
      let page_token: string | undefined
      do {
        const input = {
          filter: `name LIKE '${word}%'`,
          order_by: ['name ASC'],
          max_results: 2,
          page_token,
          view_type: undefined,
        }
        const page = searchExperiments.output.parse(read(await relay.handlers.searchExperiments(input, context)))
        found.push(...page.experiments.map(({ experiment_id }) => experiment_id))
        expect(page.experiments).toHaveLength(2)
        page_token = page.next_page_token
      } while (found.length < 4)
      expect(found).toEqual(mine)
    })

    test('finds no runs of others, and no models', async () => {
      const [mine, theirs] = [await newExperiment(), await newExperiment()]
      const { run_id } = await newRun(mine)
      await newRun(theirs)
      const name = unique('theirs')
      await call(createRegisteredModel, { name }, server)
      const context = asked({ experiments: [Number(mine)], registeredModels: [] })
      const runs = searchRuns.input.parse({ experiment_ids: [mine, theirs] })
      const page = searchRuns.output.parse(read(await relay.handlers.searchRuns(runs, context)))
      expect(page.runs.map(({ info }) => info.run_id)).toEqual([run_id])
      const models = searchRegisteredModels.input.parse({ filter: `name = '${name}'` })
      const seen = async (registeredModels: Scope['registeredModels']) => {
        const one = asked({ experiments: [], registeredModels })
        return read(await relay.handlers.searchRegisteredModels(models, one))
      }
      expect(await seen([])).toEqual({})
      expect(await seen([name])).toMatchObject({ registered_models: [{ name }] })
    })

    test('registers nothing of others as its own', async () => {
      const [mine, theirs] = await Promise.all([newExperiment(), newExperiment()].map(async (id) => newRun(await id)))
      const name = unique('mine')
      const secret = unique('secret')
      for (const model of [name, secret]) await call(createRegisteredModel, { name: model }, server)
      const source = (run = mine) => `${run?.artifact_uri}/model`
      await call(createModelVersion, { name: secret, source: source(theirs), run_id: theirs?.run_id }, server)
      const context = asked({ experiments: [Number(mine?.experiment_id)], registeredModels: [name] })
      const register = (version: object) =>
        relay.handlers.createModelVersion(createModelVersion.input.parse({ name, ...version }), context)
      for (const version of [{ source: `models:/${secret}/1` }, { source: source(theirs), run_id: theirs?.run_id }])
        await expect(register(version)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
      expect(read(await register({ source: source(), run_id: mine?.run_id }))).toMatchObject({
        model_version: { name, version: '1' },
      })
    })
  })
})
