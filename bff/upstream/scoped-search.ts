import { invalid, isExperimentId, stringifyJson } from '#contract'
import { RawJson } from '#kit/route.ts'
import type { Scope } from '#kit/scope.ts'
import { sees } from '#kit/scope.ts'

type Json = Record<string, unknown>
type Item = { experiment_id?: unknown; info?: { experiment_id?: unknown }; name?: unknown }

/** How many pages of the server are read for one page of ours. What is left then comes with the next. */
const MOST_PAGES = 20

type Sees = (kind: 'experiments' | 'registeredModels', id: unknown) => boolean

const sight =
  (scope: Scope): Sees =>
  (kind, id) =>
    sees(scope[kind], id)

/**
 * A search on a server that knows no scopes. One that names experiments names those in scope only; of any other, what is
 * not in scope is dropped, and pages are filled up from the server's next ones.
 */
export async function searchWithin(scope: Scope, input: Json, ask: (input: Json) => Promise<Json>): Promise<RawJson> {
  const inScope = sight(scope)
  const { experiment_ids } = input
  if (!Array.isArray(experiment_ids)) return print(await fill((item) => isSeen(inScope, item), input, ask))
  const within = experiment_ids.filter((id) => isExperimentId(String(id)) && inScope('experiments', id))
  return print(within.length === 0 ? {} : await ask({ ...input, experiment_ids: within }))
}

const print = (answer: Json) => new RawJson(stringifyJson(answer))

async function fill(
  isVisible: (item: Item) => boolean,
  input: Json,
  ask: (input: Json) => Promise<Json>,
): Promise<Json> {
  const wanted = Number(input.max_results)
  let { token, skip, size } = readPlace(input.page_token) ?? { token: undefined, skip: 0, size: wanted }
  let list = ''
  const found: Item[] = []
  const answer = (place?: Place) => ({
    ...(found.length > 0 ? { [list]: found } : {}),
    ...(place ? { next_page_token: printPlace(place) } : {}),
  })
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await ask({ ...input, max_results: size, page_token: token })
    const [name = '', items = []] = Object.entries(page).find(([, value]) => Array.isArray(value)) ?? []
    list ||= name
    for (const [i, item] of (items as Item[]).entries()) {
      if (i < skip || !isVisible(item)) continue
      if (found.length === wanted) return answer({ token, skip: i, size })
      found.push(item)
    }
    skip = 0
    token = typeof page.next_page_token === 'string' && page.next_page_token !== '' ? page.next_page_token : undefined
    if (token === undefined) return answer()
  }
  return answer({ token, skip, size })
}

/** By its experiment; what has none is of the registry, and goes by its name. */
function isSeen(sees: Sees, { experiment_id, info, name }: Item): boolean {
  const id = experiment_id ?? info?.experiment_id
  return id === undefined ? sees('registeredModels', name) : sees('experiments', id)
}

/** Where a page of ours begins: an item of a page of the server, which is asked for again with the size it had. */
type Place = { token: string | undefined; skip: number; size: number }

const printPlace = ({ token, skip, size }: Place) =>
  Buffer.from(JSON.stringify([skip, size, token])).toString('base64url')

function readPlace(text: unknown): Place | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  try {
    const [skip, size, token] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[]
    if (Number.isInteger(skip) && Number.isInteger(size) && (token === null || typeof token === 'string'))
      return { skip: skip as number, size: size as number, token: token ?? undefined }
  } catch {
    // refused below, as whatever else is no token
  }
  throw invalid('Invalid page token: it is not one that this search has given', { field: 'page_token' })
}
