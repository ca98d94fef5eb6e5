import { expect, test } from 'vitest'
import { fromMlflowHash } from './mlflow-urls.ts'

const RUN = 'b7d02f6e41c84a0f9a3e000000000001'

test.each([
  { hash: '#/', path: '/' },
  { hash: '#/experiments', path: '/experiments' },
  { hash: '#/experiments/1', path: '/experiments/1' },
  { hash: '#/experiments/1/runs', path: '/experiments/1' },
  { hash: '#/experiments/1/s', path: '/experiments/1' },
  {
    hash: '#/experiments/1?searchFilter=metrics.rmse%20%3C%201&orderByKey=metrics.%60rmse%60&orderByAsc=true',
    path: '/experiments/1?filter=metrics.rmse+%3C+1&sort=metrics.rmse%3Aasc',
  },
  { hash: `#/experiments/1/runs/${RUN}`, path: `/runs/${RUN}` },
  { hash: `#/experiments/1/runs/${RUN}/overview`, path: `/runs/${RUN}` },
  { hash: `#/experiments/1/runs/${RUN}/model-metrics`, path: `/runs/${RUN}/metrics` },
  { hash: `#/experiments/1/runs/${RUN}/system-metrics`, path: `/runs/${RUN}/metrics?find=system%2F` },
  { hash: `#/experiments/1/runs/${RUN}/artifacts`, path: `/runs/${RUN}/artifacts` },
  { hash: `#/experiments/1/runs/${RUN}/artifacts/a/b%20c.txt`, path: `/runs/${RUN}/artifacts/a/b%20c.txt` },
  { hash: `#/experiments/1/runs/${RUN}/artifactPath/a/b.txt`, path: `/runs/${RUN}/artifacts/a/b.txt` },
  { hash: `#/experiments/1/runs/${RUN}/artifacts?selectedArtifact=a/b.txt`, path: `/runs/${RUN}/artifacts/a/b.txt` },
  { hash: `#/runs/${RUN}`, path: `/runs/${RUN}` },
  { hash: '#/compare-runs?runs=["a1","b2"]&experiments=["0"]', path: '/compare?runs=a1%2Cb2' },
  { hash: '#/compare-runs?runs=%5B%22a1%22%2C%22b2%22%5D&experiments=%5B%220%22%5D', path: '/compare?runs=a1%2Cb2' },
  { hash: `#/metric/m?runs=["${RUN}"]&metric="loss"`, path: `/runs/${RUN}/metrics?find=loss` },
  { hash: '#/something-newer', path: '/' },
])('$hash leads to $path', ({ hash, path }) => {
  expect(fromMlflowHash(hash)).toBe(path)
})

test.each(['', '#content', '#L12'])('an ordinary fragment %j is left alone', (hash) => {
  expect(fromMlflowHash(hash)).toBeUndefined()
})
