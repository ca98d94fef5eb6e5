import { readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { createExperiment, createRun } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { temporaryFolder } from '../../test/artifact-places.ts'
import { ask } from '../../test/ask.ts'
import { startServer } from '../../test/server.ts'

// The ways out of a run's folder that MLflow's advisories tell of, on every route that takes a path.

const CANARY = 'canary-5d1f'
const PROXY = '/api/2.0/mlflow-artifacts/artifacts'

let world: string
let base: string
let run: string
let here: string

beforeAll(async () => {
  world = await temporaryFolder()
  const root = join(world, 'root')
  const server = await startServer({ artifacts: { store: { kind: 'folder', folder: root } } })
  base = server.base
  run = (await call(createRun, {}, server)).run.info.run_id
  here = `${PROXY}/0/${run}/artifacts`
  const { experiment_id } = await call(createExperiment, { name: 'of others' }, server)
  const other = (await call(createRun, { experiment_id }, server)).run.info.run_id
  HOSTILE.push(`../../../${experiment_id}/${other}/artifacts/canary.txt`)
  await ask(`${base}${PROXY}/${experiment_id}/${other}/artifacts/canary.txt`, { method: 'PUT', body: CANARY })
  await ask(`${base}${here}/mine.txt`, { method: 'PUT', body: 'mine' })
  await writeFile(join(world, 'canary.txt'), CANARY)
  await symlink(world, join(root, `0/${run}/artifacts/link`))
  await symlink(join(world, 'canary.txt'), join(root, `0/${run}/artifacts/file-link`))
  return server.close
})

/** Every file of the test's whole world, as it was before and must be after. */
async function snapshot() {
  const names = await readdir(world, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(files.toSorted().map(async (file) => [relative(world, file), await readFile(file, 'utf8')]))
}

// as decoded once: what a query parameter holds after the server has read it
const HOSTILE: string[] = [
  '../canary.txt',
  '../../../../canary.txt',
  '../../../../../../../../etc/passwd',
  'x/../../canary.txt',
  './../canary.txt',
  '..',
  '.',
  './canary.txt',
  '/etc/passwd',
  '//etc/passwd',
  'C:/',
  'C:x',
  'C:\\x',
  '\\\\host\\share',
  '..\\..\\canary.txt',
  'file:etc/passwd',
  'file:/etc/passwd',
  'file:///etc/passwd',
  'file://localhost/etc/passwd',
  'FILE:///etc/passwd',
  'file:.//etc/passwd',
  ' file:///etc/passwd',
  '\tfile:///etc/passwd',
  '\nfile:///etc/passwd',
  '..%2f..%2fcanary.txt',
  '%2e%2e/%2e%2e/canary.txt',
  '%252e%252e%252f%252e%252e%252fcanary.txt',
  '..%5ccanary.txt',
  '..%c0%af',
  'a%00.txt',
  'a\0.txt',
  '#/../canary.txt',
  'canary.txt#/../x',
  'link/canary.txt',
  'file-link',
  'link/new.txt',
]

/** At the root there are no links. */
const WITHOUT_LINKS = HOSTILE.filter((path) => !path.includes('link'))
/** Below a run's folder in one address, where a doubled slash is one, an absolute path is just a deep one. */
const RELATIVE = HOSTILE.filter((path) => !path.startsWith('/'))

const encoded = (path: string) => path.split('/').map(encodeURIComponent).join('/')
const allEncoded = (path: string) => encodeURIComponent(path).replaceAll('.', '%2e')
const query = (path: string) => new URLSearchParams({ path }).toString()

const ROUTES: { route: string; method: string; url: (path: string) => string; paths?: string[] }[] = [
  { route: 'get-artifact', method: 'GET', url: (path) => `/get-artifact?run_id=${run}&${query(path)}` },
  { route: 'list', method: 'GET', url: (path) => `/api/2.0/mlflow/artifacts/list?run_id=${run}&${query(path)}` },
  {
    route: 'page upload',
    method: 'POST',
    url: (path) => `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run}&${query(path)}`,
  },
  {
    route: 'proxy list',
    method: 'GET',
    paths: RELATIVE,
    url: (path) => `${PROXY}?${query(`0/${run}/artifacts/${path}`)}`,
  },
  { paths: WITHOUT_LINKS, route: 'proxy list of the root', method: 'GET', url: (path) => `${PROXY}?${query(path)}` },
  ...['GET', 'PUT', 'DELETE'].flatMap((method) => [
    { route: `proxy ${method}`, method, paths: RELATIVE, url: (path: string) => `${here}/${encoded(path)}` },
    {
      route: `proxy ${method}, all encoded`,
      method,
      paths: RELATIVE,
      url: (path: string) => `${here}/${allEncoded(path)}`,
    },
    {
      paths: WITHOUT_LINKS,
      route: `proxy ${method} of the root`,
      method,
      url: (path: string) => `${PROXY}/${allEncoded(path)}`,
    },
  ]),
]

test.each(ROUTES)(
  '$route lets nothing out of the run, and nothing in from elsewhere',
  async ({ method, url, paths = HOSTILE }) => {
    const before = await snapshot()
    for (const path of paths) {
      const body = method === 'PUT' || method === 'POST' ? 'overwritten' : ''
      const { status, text } = await ask(base + url(path), { method, body })
      expect({ path, status }).toEqual({ path, status: expect.toBeOneOf([400, 403, 404]) })
      expect(text).not.toContain(CANARY)
      expect(text).not.toContain('root:')
    }
    expect(await snapshot()).toEqual(before)
  },
)

test.each([
  { url: () => `/get-artifact?run_id=${run}&path=../../../../etc/passwd` },
  { url: () => `/api/2.0/mlflow/artifacts/list?run_id=${run}&path=%252e%252e%252f` },
  { url: () => '/api/2.0/mlflow-artifacts/artifacts?path=C:/' },
  { url: () => `${here}/..%2f..%2fcanary.txt` },
  { url: () => `${here}/%252e%252e%252fcanary.txt` },
  { url: () => `${here}/../../canary.txt` },
  { url: () => `${here}/%E0%A4%A` },
])("$url is answered in MLflow's very words", async ({ url }) => {
  const { status, json } = await ask(base + url())
  expect({ status, json }).toEqual({
    status: 400,
    json: { error_code: 'INVALID_PARAMETER_VALUE', message: 'Invalid path' },
  })
})
