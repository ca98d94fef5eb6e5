import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { openLocalStore } from './local.ts'
import { ask, serveArtifacts } from './server-for-tests.ts'
import { temporaryFolder } from './stores-for-tests.ts'

// The ways out of a run's folder that MLflow's advisories tell of, on every route that takes a path.

const RUN = '0123456789abcdef0123456789abcdef'
const OTHER = 'fedcba9876543210fedcba9876543210'
const CANARY = 'canary-5d1f'
const PROXY = '/api/2.0/mlflow-artifacts/artifacts'

const runOf = (id: string) => ({
  experiment_id: id === RUN ? 1 : 2,
  artifact_uri: `mlflow-artifacts:/${id === RUN ? 1 : 2}/${id}/artifacts`,
  lifecycle_stage: 'active',
})

let world: string
let base: string

beforeAll(async () => {
  world = await temporaryFolder()
  const root = join(world, 'root')
  const store = await openLocalStore(root)
  await writeFile(join(world, 'canary.txt'), CANARY)
  for (const folder of [`1/${RUN}/artifacts`, `2/${OTHER}/artifacts`]) {
    await mkdir(join(root, folder), { recursive: true })
    await writeFile(join(root, folder, 'canary.txt'), folder.startsWith('2') ? CANARY : 'mine')
  }
  await symlink(world, join(root, `1/${RUN}/artifacts/link`))
  await symlink(join(world, 'canary.txt'), join(root, `1/${RUN}/artifacts/file-link`))
  const findRun = async (id: string) => (id === RUN || id === OTHER ? runOf(id) : undefined)
  const server = await serveArtifacts({ store, findRun }, { experiments: [1] })
  base = server.base
  return async () => {
    await server.close()
    await store.close()
  }
})

/** Every file of the test's whole world, as it was before and must be after. */
async function snapshot() {
  const names = await readdir(world, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(files.toSorted().map(async (file) => [relative(world, file), await readFile(file, 'utf8')]))
}

// as decoded once: what a query parameter holds after the server has read it
const HOSTILE = [
  '../canary.txt',
  '../../../../canary.txt',
  '../../../../../../../../etc/passwd',
  `../../../2/${OTHER}/artifacts/canary.txt`,
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

/** Below a run's folder in one address, where a doubled slash is one, an absolute path is just a deep one. */
const RELATIVE = HOSTILE.filter((path) => !path.startsWith('/'))

const encoded = (path: string) => path.split('/').map(encodeURIComponent).join('/')
const allEncoded = (path: string) => encodeURIComponent(path).replaceAll('.', '%2e')
const query = (path: string) => new URLSearchParams({ path }).toString()

const here = `${PROXY}/1/${RUN}/artifacts`
const ROUTES: { route: string; method: string; url: (path: string) => string; paths?: string[] }[] = [
  { route: 'get-artifact', method: 'GET', url: (path) => `/get-artifact?run_id=${RUN}&${query(path)}` },
  { route: 'list', method: 'GET', url: (path) => `/api/2.0/mlflow/artifacts/list?run_id=${RUN}&${query(path)}` },
  {
    route: 'page upload',
    method: 'POST',
    url: (path) => `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${RUN}&${query(path)}`,
  },
  {
    route: 'proxy list',
    method: 'GET',
    paths: RELATIVE,
    url: (path) => `${PROXY}?${query(`1/${RUN}/artifacts/${path}`)}`,
  },
  { route: 'proxy list of the root', method: 'GET', url: (path) => `${PROXY}?${query(path)}` },
  ...['GET', 'PUT', 'DELETE'].flatMap((method) => [
    { route: `proxy ${method}`, method, paths: RELATIVE, url: (path: string) => `${here}/${encoded(path)}` },
    {
      route: `proxy ${method}, all encoded`,
      method,
      paths: RELATIVE,
      url: (path: string) => `${here}/${allEncoded(path)}`,
    },
    { route: `proxy ${method} of the root`, method, url: (path: string) => `${PROXY}/${allEncoded(path)}` },
  ]),
]

test.each(ROUTES)(
  '$route lets nothing out of the run, and nothing in from elsewhere',
  async ({ method, url, paths = HOSTILE }) => {
    const before = await snapshot()
    for (const path of paths) {
      const body = method === 'PUT' || method === 'POST' ? 'overwritten' : ''
      const { status, text } = await ask(base + url(path), method, body)
      expect({ path, status }).toEqual({ path, status: expect.toBeOneOf([400, 403, 404]) })
      expect(text).not.toContain(CANARY)
      expect(text).not.toContain('root:')
    }
    expect(await snapshot()).toEqual(before)
  },
)

test.each([
  `/get-artifact?run_id=${RUN}&path=../../../../etc/passwd`,
  `/api/2.0/mlflow/artifacts/list?run_id=${RUN}&path=%252e%252e%252f`,
  `/api/2.0/mlflow-artifacts/artifacts?path=C:/`,
  `${here}/..%2f..%2fcanary.txt`,
  `${here}/%252e%252e%252fcanary.txt`,
  `${here}/../../canary.txt`,
  `${here}/%E0%A4%A`,
])("%s is answered in MLflow's very words", async (url) => {
  const { status, json } = await ask(base + url)
  expect({ status, json }).toEqual({
    status: 400,
    json: { error_code: 'INVALID_PARAMETER_VALUE', message: 'Invalid path' },
  })
})
