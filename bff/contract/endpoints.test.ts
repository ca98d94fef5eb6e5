import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Endpoint } from '#contract'
import { ApiError, allEndpoints, ERROR_STATUS, endpoints } from '#contract'
import { openApi } from './openapi.ts'

const all = Object.entries(allEndpoints) as [string, Endpoint][]

test('no two endpoints answer the same request', () => {
  const requests = all.flatMap(([, { method, also, path }]) =>
    [method, ...(also ? [also] : [])].map((one) => `${one} ${path.replace(/\{\w+(…?)\}/g, '{$1}')}`),
  )
  expect(new Set(requests).size).toBe(requests.length)
})

test.each(all)('%s says who may ask, and what it is for', (_name, { permission, summary, path }) => {
  expect(permission.ask).toMatch(/^(public|any|admin|scoped|read|use|edit|manage|review|approve)$/)
  if ('of' in permission) expect(typeof permission.of).toBe('function')
  expect(summary).toMatch(/^[A-Z].*\.$/)
  expect(path).toMatch(/^\/[\w{}…./-]+$/)
})

test('nobody may write without a permission on what is written, but for new experiments and models', () => {
  const writes = (Object.entries(endpoints) as [string, Endpoint][]).filter(([, { method }]) => method !== 'GET')
  const open = writes.filter(([, { permission }]) => permission.ask === 'public' || permission.ask === 'any')
  expect(open.map(([name]) => name)).toEqual(['createExperiment', 'createRegisteredModel'])
})

test('every endpoint is named in a test', async () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const files = globSync(['bff/**/*.test.ts', 'bff/test/**/*.ts', 'e2e/**/*.ts', 'web/**/*.test.{ts,tsx}'], {
    cwd: root,
  })
  const tests = (await Promise.all(files.map((file) => readFile(`${root}${file}`, 'utf8')))).join('\n')
  const path = ({ path }: Endpoint) => path.replace('/api/2.0/mlflow/', '').replace(/\{.*/, '')
  const left = all.filter(([name, e]) => !new RegExp(`\\b${name}\\b`).test(tests) && !tests.includes(path(e)))
  expect(left.map(([name]) => name)).toEqual([])
})

test('the description has every endpoint, with its input and its answer', () => {
  const { paths } = openApi('1.0.0')
  const operations = Object.values(paths).flatMap((path) => Object.values(path)) as {
    operationId: string
    responses: object
  }[]
  expect(new Set(operations.map(({ operationId }) => operationId.replace(/By(GET|POST)$/, '')))).toEqual(
    new Set(all.map(([name]) => name)),
  )
  expect(paths['/api/2.0/mlflow/runs/set-tag']?.post).toMatchObject({
    requestBody: {
      content: {
        'application/json': {
          schema: {
            type: 'object',
            required: expect.arrayContaining(['key']),
            properties: { run_id: { type: 'string' }, key: { type: 'string' } },
          },
        },
      },
    },
  })
  expect(paths['/api/2.0/mlflow/metrics/get-history']?.get).toMatchObject({
    parameters: expect.arrayContaining([
      expect.objectContaining({ name: 'metric_key', in: 'query', required: true }),
      expect.objectContaining({ name: 'run_id', in: 'query' }),
    ]),
  })
  expect(() => JSON.stringify(paths)).not.toThrow()
})

test.each(Object.entries(ERROR_STATUS))('%s is answered with %i, and its cause stays inside', (code, status) => {
  const error = new ApiError(code as keyof typeof ERROR_STATUS, 'why', {
    cause: new Error('secret'),
    details: { at: 3 },
  })
  expect(error.status).toBe(status)
  expect(JSON.parse(JSON.stringify(error))).toEqual({ error_code: code, message: 'why', at: 3 })
})
