import type { Endpoints, Input, Int64 } from '#contract'
import { invalid } from '#contract'
import { RawJson } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { named, rows, sql } from '#kit/sql.ts'
import { requireRun } from '../runs/require.ts'
import type { PointTexts } from './stored.ts'
import { byTime, printPoints, sortedChunks, storedChunks } from './stored.ts'

/** Where nothing is asked for, a page ends here: the answer of a long series must fit into memory. */
const PAGE_LIMIT = 1_000_000

export type FoundSeries = { run_id: string; series_id: Int64; linked: boolean; count: Int64 }

/** The series of a key in some runs, by run id. */
export async function findSeries(db: Db, run_ids: readonly string[], key: string): Promise<Map<string, FoundSeries>> {
  const found = await rows<FoundSeries>(
    db,
    named(
      'find-series',
      sql`
      select r.run_id, s.series_id, s.linked, s.count from runs r join series s using (run_no)
      where r.run_id = any(${run_ids}::text[]) and s.key = ${key}`,
    ),
  )
  return new Map(found.map((series) => [series.run_id, series]))
}

type Chunks = readonly PointTexts[]

const countOf = (chunks: Chunks) => chunks.reduce((sum, { steps }) => sum + steps.length, 0)

/** The points from one place to before another, by their places in all chunks. */
function window(chunks: Chunks, from: number, to: number): PointTexts[] {
  let start = 0
  return chunks.flatMap((chunk) => {
    const [first, last] = [from - start, to - start]
    start += chunk.steps.length
    if (first >= chunk.steps.length || last <= 0) return []
    if (first <= 0 && last >= chunk.steps.length) return [chunk]
    const cut = (list: string[]) => list.slice(Math.max(first, 0), last)
    return [{ steps: cut(chunk.steps), timestamps: cut(chunk.timestamps), vals: cut(chunk.vals) }]
  })
}

const writeToken = (offset: number) => Buffer.from(JSON.stringify({ offset })).toString('base64url')

function readToken(token: string | undefined): number {
  if (!token) return 0
  try {
    const { offset } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { offset: unknown }
    if (Number.isSafeInteger(offset) && (offset as number) > 0) return offset as number
  } catch {
    // not one of ours
  }
  throw invalid(
    "Invalid value for parameter 'page_token' supplied: it is not a token of this server; start again without it",
    { field: 'page_token' },
  )
}

/** What each point of a linked series names, as JSON members by point. */
async function linksOf(db: Db, { series_id, linked }: FoundSeries): Promise<Map<string, string> | undefined> {
  if (!linked) return undefined
  const found = await db.texts(sql`
    select step || ' ' || timestamp || ' ' || value,
           ',"model_id":' || to_json(model_id) || case when dataset_name = '' then '' else ',"dataset_name":' || to_json(dataset_name) end ||
           case when dataset_digest = '' then '' else ',"dataset_digest":' || to_json(dataset_digest) end
    from model_metrics where series_id = ${series_id} order by model_id desc`)
  return new Map(found.map(([point, members]) => [point ?? '', members ?? '']))
}

/** By timestamp, step, value, as MLflow orders a history. */
export async function getMetricHistory(
  db: Db,
  { run_id, metric_key, max_results, page_token }: Input<Endpoints['getMetricHistory']>,
) {
  const from = readToken(page_token)
  const series = (await findSeries(db, [run_id], metric_key)).get(run_id)
  if (!series) {
    await requireRun(db, run_id)
    return {}
  }
  const chunks = sortedChunks(await storedChunks(db, series.series_id), byTime)
  const to = from + Math.min(Number(max_results ?? PAGE_LIMIT), PAGE_LIMIT)
  const more = to < countOf(chunks) ? `,"next_page_token":"${writeToken(to)}"` : ''
  const links = await linksOf(db, series)
  const printed = window(chunks, from, to).map((chunk) => printPoints(chunk, metric_key, '', links))
  return new RawJson(`{"metrics":[${printed.join(',')}]${more}}`)
}

/** Runs in the order of their ids, the points of each by timestamp, step, value; cut at max_results. */
export async function getMetricHistoryBulk(
  db: Db,
  { run_id, metric_key, max_results }: Input<Endpoints['getMetricHistoryBulk']>,
) {
  const series = await findSeries(db, [...new Set(run_id)], metric_key)
  const parts: string[] = []
  let left = max_results
  for (const [id, { series_id }] of [...series].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (left === 0) break
    const chunks = window(sortedChunks(await storedChunks(db, series_id), byTime), 0, left)
    left -= countOf(chunks)
    for (const chunk of chunks) parts.push(printPoints(chunk, metric_key, `,"run_id":${JSON.stringify(id)}`))
  }
  return new RawJson(`{"metrics":[${parts.join(',')}]}`)
}
