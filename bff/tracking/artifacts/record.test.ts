import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ArtifactRecord } from '#contract'
import { createRun, listRunArtifactRecords } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { everyArtifactPlace } from '../../test/artifact-places.ts'
import { ask } from '../../test/ask.ts'
import { startServer } from '../../test/server.ts'

const PROXY = '/api/2.0/mlflow-artifacts/artifacts'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe.each(everyArtifactPlace)('what is recorded of artifacts in a $kind', ({ newPlace }) => {
  let base: string
  const newRun = async () => (await call(createRun, {}, { base })).run.info.run_id
  const at = (run: string, path: string) => `${base}${PROXY}/0/${run}/artifacts/${path}`
  const put = (run: string, path: string, body: string, headers = {}) =>
    ask(at(run, path), { method: 'PUT', body, headers })
  const remove = (url: string) => ask(url, { method: 'DELETE' })
  const records = async (run_id: string, asked: object = {}) =>
    (await call(listRunArtifactRecords, { run_id, ...asked }, { base })).records
  const brief = (list: readonly ArtifactRecord[]) =>
    list.map(({ path, size, ended_time }) => ({ path, size, there: ended_time === null }))

  beforeAll(async () => {
    const server = await startServer({ artifacts: { store: await newPlace() } })
    base = server.base
    return server.close
  })

  test('size, digest, type, etag and time of an upload, by either route', async () => {
    const run = await newRun()
    const before = Date.now()
    await put(run, 'model/MLmodel', 'flavors: {}', { 'content-type': 'application/json' })
    await ask(`${base}/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run}&path=plot.png`, {
      method: 'POST',
      body: 'PNG',
    })
    const [model, plot] = await records(run)
    expect(model).toEqual({
      path: 'model/MLmodel',
      size: 11,
      sha256: sha256('flavors: {}'),
      media_type: 'text/plain; charset=utf-8',
      etag: (await ask(at(run, 'model/MLmodel'))).headers.etag,
      stored_by: '',
      stored_time: expect.any(Number),
      ended_time: null,
      ended_by: null,
    })
    expect(model?.stored_time).toBeGreaterThanOrEqual(before)
    expect(plot).toMatchObject({ path: 'plot.png', size: 3, sha256: sha256('PNG'), media_type: 'image/png' })
  })

  test('an overwritten file keeps the record of what it was', async () => {
    const run = await newRun()
    for (const text of ['one', 'two!', 'three']) await put(run, 'x.txt', text)
    expect(brief(await records(run))).toEqual([{ path: 'x.txt', size: 5, there: true }])
    const all = await records(run, { which: 'all' })
    expect(all.map((record) => record.sha256)).toEqual(['one', 'two!', 'three'].map(sha256))
    expect(all.map(({ ended_time }) => ended_time === null)).toEqual([false, false, true])
  })

  test('of many that overwrite one another at once, the record of the one that is there is the current one', async () => {
    const run = await newRun()
    for (let round = 0; round < 5; round++) {
      const texts = Array.from({ length: 8 }, (_, i) => `${round} ${i} ${'x'.repeat(i * 1000)}`)
      await Promise.all(texts.map((text) => put(run, 'x.txt', text)))
      const { text, headers } = await ask(at(run, 'x.txt'))
      expect(await records(run)).toMatchObject([{ sha256: sha256(text), etag: headers.etag }])
    }
    expect(await records(run, { which: 'all' })).toHaveLength(40)
  })

  test('what is refused or breaks off is not recorded', async () => {
    const run = await newRun()
    await put(run, 'x.txt', 'old')
    await put(run, 'x.txt/y', 'below a file')
    await put(run, 'x/', 'no name')
    expect(brief(await records(run, { which: 'all' }))).toEqual([{ path: 'x.txt', size: 3, there: true }])
  })

  test('deleting ends the records of a file or a folder, and of nothing beside it', async () => {
    const run = await newRun()
    const paths = ['a', 'a-b/x', 'b/x', 'b/y/z', 'b-x', 'b0', 'b.txt']
    for (const path of paths) await put(run, path, path)
    await remove(at(run, 'a'))
    await remove(at(run, 'b'))
    expect((await records(run)).map(({ path }) => path)).toEqual(['a-b/x', 'b-x', 'b.txt', 'b0'])
    await put(run, 'b/x', 'again')
    expect(brief(await records(run, { path: 'b', which: 'all' }))).toEqual([
      { path: 'b/x', size: 3, there: false },
      { path: 'b/x', size: 5, there: true },
      { path: 'b/y/z', size: 5, there: false },
    ])
    await remove(at(run, ''))
    expect(await records(run)).toEqual([])
  })

  test.each(['the folder of a run', 'the folder of an experiment'])(
    'deleting %s ends the records below',
    async (what) => {
      const [run, other] = [await newRun(), await newRun()]
      for (const each of [run, other]) await put(each, 'x', 'x')
      await remove(`${base}${PROXY}/0${what.endsWith('run') ? `/${run}` : ''}`)
      expect(await records(run)).toEqual([])
      expect(await records(other)).toHaveLength(what.endsWith('run') ? 1 : 0)
    },
  )

  test('records come page by page', async () => {
    const run = await newRun()
    const paths = ['a', 'b', 'c', 'd', 'e']
    for (const path of paths) await put(run, path, path)
    const seen: string[] = []
    let page_token: string | undefined
    do {
      const page = await call(listRunArtifactRecords, { run_id: run, max_results: 2, page_token }, { base })
      seen.push(...page.records.map(({ path }) => path))
      page_token = page.next_page_token
    } while (page_token)
    expect(seen).toEqual(paths)
  })

  test('an unknown model has none', async () => {
    const answer = await ask(`${base}/api/assay/logged-models/m-1/artifacts/records`)
    expect(answer).toMatchObject({ status: 404, json: { error_code: 'RESOURCE_DOES_NOT_EXIST' } })
  })
})
