import type { Rest } from '../rest.ts'
import { timed } from '../timed.ts'

/** A question to the server, asked again and again. */
export type Asked = { title: string; ask(): Promise<{ ms: number; text: string }> }

type Search = { filter?: string; order_by?: string[]; page_token?: string | undefined }

const best = ['metrics.`metric-2` DESC']
const searches: Record<string, Search> = {
  'default page': {},
  'metric filter that 0.1 % pass, by another metric': { filter: 'metrics.`metric-1` < 0.001', order_by: best },
  'param filter that 0.1 % pass, by a metric': { filter: "params.`param-7` = 'v3'", order_by: best },
  'metric filter that half pass, by another metric': { filter: 'metrics.`metric-1` > 0.5', order_by: best },
  'param filter that a fifth pass': { filter: "params.`param-0` = 'v3'" },
  'tag LIKE that 1 % pass': { filter: "tags.`tag-2` LIKE '%e 5% of%'" },
  'tag LIKE that 0.1 % pass': { filter: "tags.`tag-2` LIKE '%e 55 of%'" },
}

/** What is asked of an experiment and of the run with the longest curve in it. */
export async function questions(server: Rest, experiment_id: string, run_id: string): Promise<Asked[]> {
  const post = (path: string, body: object) => timed(server, { method: 'POST', path, body: JSON.stringify(body) })
  const search = (wanted: Search) =>
    post('/api/2.0/mlflow/runs/search', { experiment_ids: [experiment_id], max_results: 100, ...wanted })
  const lastOf = async (wanted: Search, pages: number): Promise<Search> => {
    let page_token: string | undefined
    for (let page = 1; page < pages; page++) {
      const { text } = await search({ ...wanted, page_token })
      const next = /"next_page_token": *"([^"]*)"/.exec(text)?.[1]
      if (!next) break
      page_token = next
    }
    return { ...wanted, page_token }
  }
  const last = await lastOf({}, 200)
  const lastByMetric = await lastOf({ order_by: best }, 200)
  const chart = new URLSearchParams({ run_ids: run_id, metric_key: 'metric-0', max_results: '320' })
  return [
    ...Object.entries(searches).map(([title, wanted]) => ({ title, ask: () => search(wanted) })),
    { title: 'last of 200 pages', ask: () => search(last) },
    { title: 'last of 200 pages by a metric', ask: () => search(lastByMetric) },
    {
      title: 'count of all',
      ask: () => post('/api/assay/runs/count', { experiment_ids: [experiment_id] }),
    },
    {
      title: 'interval chart, 320 of the longest curve',
      ask: () => timed(server, { path: `/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?${chart}` }),
    },
    {
      title: 'buckets, 320 of the longest curve',
      ask: () => post('/api/assay/series/buckets', { run_ids: [run_id], keys: ['metric-0'], buckets: 320 }),
    },
  ]
}
