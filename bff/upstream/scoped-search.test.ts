import { describe, expect, test } from 'vitest'
import type { Scope } from '#kit/scope.ts'
import { searchWithin } from './scoped-search.ts'

type Experiment = { experiment_id: string }
const everything = Array.from({ length: 1000 }, (_, i): Experiment => ({ experiment_id: String(i) }))

/** A server with 1,000 experiments, whose tokens are places in its list. */
function serverWith(items: readonly object[] = everything, list = 'experiments') {
  const asked: Record<string, unknown>[] = []
  const ask = async (input: Record<string, unknown>) => {
    asked.push(input)
    const start = Number(input.page_token ?? 0)
    const page = items.slice(start, start + Number(input.max_results))
    const next = start + page.length
    return {
      ...(page.length > 0 ? { [list]: page } : {}),
      ...(next < items.length ? { next_page_token: String(next) } : {}),
    }
  }
  return { asked, ask }
}

const scopeOf = (...experiments: number[]): Scope => ({ experiments, registeredModels: [] })

type Page = { experiments?: Experiment[]; next_page_token?: string }
async function page(scope: Scope, input: object, ask: ReturnType<typeof serverWith>['ask']): Promise<Page> {
  return JSON.parse((await searchWithin(scope, { ...input }, ask)).text)
}

async function pages(scope: Scope, max_results: number) {
  const { ask, asked } = serverWith()
  const found: string[][] = []
  let page_token: string | undefined
  do {
    const { experiments = [], next_page_token }: Page = await page(scope, { max_results, page_token }, ask)
    found.push(experiments.map((e) => e.experiment_id))
    page_token = next_page_token
  } while (page_token !== undefined)
  return { found, asked }
}

describe('pages hold what is in scope', () => {
  test.each([
    { why: 'all of it near', scope: scopeOf(0, 1, 2, 3, 4), size: 2 },
    { why: 'scattered', scope: scopeOf(3, 4, 5, 99, 100, 101, 102, 500, 999), size: 4 },
    { why: 'the last one', scope: scopeOf(999), size: 100 },
    { why: 'every third', scope: scopeOf(...everything.map((_, i) => i).filter((i) => i % 3 === 0)), size: 7 },
    { why: 'nothing', scope: scopeOf(), size: 100 },
  ])('$why', async ({ scope, size }) => {
    const { found } = await pages(scope, size)
    expect(found.flat()).toEqual([...(scope.experiments as number[])].map(String))
    for (const one of found) expect(one.length).toBeLessThanOrEqual(size)
  })

  test('and are full, as far as twenty pages of the server go', async () => {
    const { found, asked } = await pages(scopeOf(0, 15, 31, 60, 999), 2)
    expect(found.filter((one) => one.length === 2)).toEqual([
      ['0', '15'],
      ['31', '60'],
    ])
    expect(asked.every(({ max_results }) => max_results === 2)).toBe(true)
    expect(found.flat()).toEqual(['0', '15', '31', '60', '999'])
  })

  test('also where the caller changes its mind about their size', async () => {
    const { ask } = serverWith()
    const scope = scopeOf(1, 2, 3, 4, 5, 6)
    const first = await page(scope, { max_results: 2 }, ask)
    const rest = await page(scope, { max_results: 10, page_token: first.next_page_token }, ask)
    expect(rest.experiments?.map((e) => e.experiment_id)).toEqual(['3', '4', '5', '6'])
  })
})

test.each(['x', 'W10', 'bnVsbA', Buffer.from('[0,1,{}]').toString('base64url')])(
  '%s is no token',
  async (page_token) => {
    await expect(page(scopeOf(1), { max_results: 1, page_token }, serverWith().ask)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    })
  },
)

test('experiments that a search names are those in scope', async () => {
  const { ask, asked } = serverWith()
  await page(scopeOf(2, 3), { experiment_ids: ['1', '2', '3'], max_results: 10 }, ask)
  expect(asked).toMatchObject([{ experiment_ids: ['2', '3'] }])
  expect(await page(scopeOf(2, 3), { experiment_ids: ['1'], max_results: 10 }, ask)).toEqual({})
  expect(asked).toHaveLength(1)
  await page({ experiments: 'all', registeredModels: [] }, { experiment_ids: ['1'], max_results: 10 }, ask)
  expect(asked[1]).toMatchObject({ experiment_ids: ['1'] })
})

test('models of the registry go by their names', async () => {
  const { ask } = serverWith([{ name: 'a' }, { name: 'b' }, { name: 'c/d' }], 'registered_models')
  const found = (scope: Scope) => page(scope, { max_results: 10 }, ask)
  const named = { experiments: [], registeredModels: ['b', 'c/d'] }
  expect(await found(named)).toEqual({ registered_models: [{ name: 'b' }, { name: 'c/d' }] })
  expect(await found(scopeOf(1, 2))).toEqual({})
  expect(await found({ experiments: [1], registeredModels: 'all' })).toMatchObject({ registered_models: { length: 3 } })
})
