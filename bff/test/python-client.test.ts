import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { testServer } from './server.ts'

const python = process.env.ASSAY_TEST_PYTHON
const s3 = process.env.ASSAY_TEST_S3_ENDPOINT

const script = join(import.meta.dirname, 'python-client.py')
const stories = [...readFileSync(script, 'utf8').matchAll(/def (test_\w+)/g)].map(([, name = '']) => name)

/** Artifacts go where the tests of this run go: to the S3 server that is named, or to a folder. */
const { artifacts } = readConfig(s3 ? ['--artifacts', 's3://assay-test/python', '--s3-endpoint', s3] : [], {}).tracking

describe.skipIf(!python)("MLflow's own Python client:", () => {
  const server = testServer(s3 ? { artifacts } : {})
  let outcomes: Map<string, string>
  let printed: string

  beforeAll(async () => {
    printed = await runPython(server.base)
    // `test_x (__main__.Y.test_x) ... ok`, with what the client prints in between
    const results = printed.matchAll(/^(test_\w+) \(.*?\) \.\.\. (?:[\s\S]*?)(ok|FAIL|ERROR)$/gm)
    outcomes = new Map([...results].map(([, name = '', outcome = '']) => [name, outcome]))
  }, 300_000)

  test.each(stories)('%s', (story) => expect(outcomes.get(story), printed).toBe('ok'))
})

/** What it printed, whether it passed or not. */
const runPython = (base: string) =>
  new Promise<string>((resolve) => {
    const env = { ...process.env, MLFLOW_TRACKING_URI: base, MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT: '60' }
    execFile(python ?? '', [script], { env, maxBuffer: 2 ** 26 }, (_error, stdout, stderr) => resolve(stderr + stdout))
  })
