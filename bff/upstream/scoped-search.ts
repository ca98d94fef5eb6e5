import { invalid, stringifyJson } from '#contract'
import { RawJson } from '#kit/route.ts'

type Json = Record<string, unknown>
type Item = { experiment_id?: unknown; info?: { experiment_id?: unknown } }

/** How many pages of the server are read for one page of ours. What is left then comes with the next. */
const MOST_PAGES = 20

/**
 * A search on a server that knows no scopes. One that names experiments names those in scope only; of any other, what
 * belongs to none of them is dropped, and pages are filled up from the server's next ones.
 */
export async function searchWithin(
  visible: ReadonlySet<string>,
  input: Json,
  ask: (input: Json) => Promise<Json>,
): Promise<RawJson> {
  const { experiment_ids } = input
  if (!Array.isArray(experiment_ids)) return print(await fill(visible, input, ask))
  const within = experiment_ids.filter((id) => visible.has(String(id)))
  return print(within.length === 0 ? {} : await ask({ ...input, experiment_ids: within }))
}

const print = (answer: Json) => new RawJson(stringifyJson(answer))

async function fill(visible: ReadonlySet<string>, input: Json, ask: (input: Json) => Promise<Json>): Promise<Json> {
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
      if (i < skip || !visible.has(experimentOf(item))) continue
      if (found.length === wanted) return answer({ token, skip: i, size })
      found.push(item)
    }
    skip = 0
    token = typeof page.next_page_token === 'string' && page.next_page_token !== '' ? page.next_page_token : undefined
    if (token === undefined) return answer()
  }
  return answer({ token, skip, size })
}

/** What names no experiment is in nobody's scope. */
const experimentOf = ({ experiment_id, info }: Item) => String(experiment_id ?? info?.experiment_id ?? '')

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
