// What the runs table shows is in the address: filter, sort, columns. This file reads and writes that.

export type RunsView = {
  /** as typed: MLflow's grammar, or plain words for a name */
  filter: string
  /** a column id: `metrics.loss`, `attributes.start_time` */
  sort: string
  descending: boolean
  /** chosen by the reader; undefined: those that differ */
  columns: readonly string[] | undefined
  showEqual: boolean
}

const NEWEST = 'attributes.start_time'

export function readView(search: URLSearchParams): RunsView {
  const text = search.get('sort') ?? ''
  const cut = text.lastIndexOf(':')
  const sort = cut > 0 ? text.slice(0, cut) : NEWEST
  return {
    filter: search.get('filter') ?? '',
    sort: normalSort(sort),
    descending: cut > 0 ? text.slice(cut + 1) !== 'asc' : true,
    columns: search.has('columns')
      ? (search.get('columns') ?? '').split(',').filter(Boolean).map(decodeURIComponent)
      : undefined,
    showEqual: search.get('equal') === 'show',
  }
}

/** MLflow's own links write `attributes.Created` and `params.x`; anything without a known kind is the default. */
function normalSort(sort: string): string {
  if (/^attributes?\.(Created|created)$/.test(sort)) return NEWEST
  return /^(metrics|params|tags|attributes)\../.test(sort) ? sort : NEWEST
}

/** The search of the next address. What is as it would be anyway is left out, so that links stay short. */
export function writeView(now: URLSearchParams, change: Partial<RunsView>): URLSearchParams {
  const view = { ...readView(now), ...change }
  const next = new URLSearchParams(now)
  const set = (name: string, value: string) => (value ? next.set(name, value) : next.delete(name))
  set('filter', view.filter.trim())
  set('sort', view.sort === NEWEST && view.descending ? '' : `${view.sort}:${view.descending ? 'desc' : 'asc'}`)
  set('equal', view.showEqual ? 'show' : '')
  if (view.columns) next.set('columns', view.columns.map(encodeURIComponent).join(','))
  else next.delete('columns')
  return next
}

/** `metrics.loss` → "metrics.`loss` DESC". A key with a backtick goes in double quotes. */
export function orderBy({ sort, descending }: Pick<RunsView, 'sort' | 'descending'>): string[] {
  const cut = sort.indexOf('.')
  return [`${sort.slice(0, cut)}.${quoteKey(sort.slice(cut + 1))} ${descending ? 'DESC' : 'ASC'}`]
}

export const quoteKey = (key: string): string => (key.includes('`') ? `"${key}"` : `\`${key}\``)

// a comparison sign, a word that compares with what it needs behind it, or a field at the start
const LOOKS_LIKE_QUERY =
  /[=<>!~`]|\b(i?like|in|between|is)\s*(['"(\d]|not\b|null\b)|^\s*\(*\s*(attributes?|attr|metrics?|params?|tags?|datasets?|run)\./i

/** Plain words search names; everything else is the server's to judge. */
export function asFilter(typed: string): string {
  const words = typed.trim()
  if (words === '' || LOOKS_LIKE_QUERY.test(words)) return words
  return `attributes.run_name ILIKE '%${words.replaceAll(/[\\%_]/g, '\\$&').replaceAll("'", "''")}%'`
}
