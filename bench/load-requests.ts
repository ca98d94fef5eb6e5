export type LoadName = 'log-metric' | 'log-batch' | 'new-run' | 'search'

type Request = { path: string; body: string }
type Requests = { next(): Request; answered(status: number, body: string): void }

const range = (length: number) => Array.from({ length }, (_, index) => index)

/** The requests of `lua/*.lua` once more, for machines without wrk: change both or neither. */
export function requestsOf(name: LoadName, ids: string[]): Requests {
  const post = (path: string, body: unknown): Request => ({
    path: `/api/2.0/mlflow/${path}`,
    body: JSON.stringify(body),
  })
  const started = Math.floor(Date.now() / 1000)
  const waiting: string[] = []
  let count = 0
  const next: Record<LoadName, (count: number) => Request> = {
    'log-metric': (n) =>
      post('runs/log-metric', {
        run_id: ids[n % ids.length],
        key: `metric-${Math.floor(n / ids.length) % 4}`,
        value: ((n * 7919) % 1e6) / 1e6,
        timestamp: started * 1000 + (n % 1000),
        step: (started % 1e6) * 1e5 + n,
      }),
    'log-batch': (n) => {
      const batch = 1e7 + (started % 80_000) * 1000 + n
      const metrics = range(1000).map((i) => ({
        key: `metric-${i % 10}`,
        value: Math.sin(batch + i),
        timestamp: 176e11 + batch * 1000 + Math.floor(i / 10) * 10,
        step: batch * 100 + Math.floor(i / 10),
      }))
      return post('runs/log-batch', { run_id: ids[n % ids.length], metrics })
    },
    'new-run': (n) => {
      const run_id = waiting.pop()
      if (!run_id)
        return post('runs/create', {
          experiment_id: ids[0],
          run_name: `run-${n}`,
          start_time: started * 1000,
          user_id: 'bench',
        })
      const params = range(10).map((i) => ({ key: `param-${i}`, value: `v${i}-${n}` }))
      const metrics = range(8).map((i) => ({ key: `metric-${i}`, value: i / 8 + n / 1e7, timestamp: 1764e9, step: 0 }))
      return post('runs/log-batch', {
        run_id,
        params,
        metrics,
        tags: range(4).map((i) => ({ key: `tag-${i}`, value: `t${i}-${n}` })),
      })
    },
    search: () => post('runs/search', { experiment_ids: ids, max_results: 100 }),
  }
  return {
    next: () => next[name](count++),
    answered: (status, body) => {
      const run = name === 'new-run' && status === 200 && /"run_id": *"([0-9a-f]+)"/.exec(body)?.[1]
      if (run) waiting.push(run)
    },
  }
}
