import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getSession } from '#contract'
import { call } from '../../../web/lib/client.ts'
import type { TestUser } from '../people.ts'
import { PASSWORD, peopleOf } from '../people.ts'
import { startServer } from '../server.ts'
import { printCounts, runFlows } from './flows.ts'

// MLflow's own clients against a server with sign-in: users, tokens, and permissions by AuthServiceClient.

const {
  ASSAY_TEST_AUTH_PYTHON: python,
  ASSAY_TEST_OLD_AUTH_PYTHON: oldPython,
  ASSAY_TEST_JAVA_CLASSPATH: jars,
} = process.env
const here = (...names: string[]) => join(import.meta.dirname, ...names)

let server: Awaited<ReturnType<typeof startServer>>
let ann: TestUser
let ben: TestUser
beforeAll(async () => {
  server = await startServer({ auth: {} })
  const people = peopleOf(server)
  await people.add('root', { is_admin: true, password: PASSWORD })
  // whereupon the server knows that it has an administrator
  await call(getSession, {}, { base: server.base })
  ann = await people.add('ann', { password: PASSWORD })
  ben = await people.add('ben')
})
afterAll(() => server.close())

const quiet = { MLFLOW_DISABLE_TELEMETRY: 'true', PYTHONDONTWRITEBYTECODE: '1', MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1' }

type Case = { client: string; least: number; missing: boolean; run: (base: string) => ReturnType<typeof runFlows> }

/** As two users who are made, granted and denied what there is by an administrator and by each other. */
const asPeople = (path: string | undefined) => (base: string) =>
  runFlows(path ?? '', [here('flows.py'), 'signed-in'], {
    ...quiet,
    MLFLOW_TRACKING_URI: base,
    ROOT_USERNAME: 'root',
    ROOT_PASSWORD: PASSWORD,
  })

const java = (source: string, env: () => Record<string, string>) => (base: string) =>
  runFlows('java', ['-cp', jars ?? '', here(source)], {
    MLFLOW_TRACKING_URI: base,
    MLFLOW_PYTHON_EXECUTABLE: python ?? '',
    ...env(),
  })

/** Who is asking is said in the environment: what people do without sign-in, they do with it. */
const annByToken = () => ({ MLFLOW_TRACKING_USERNAME: 'ann', MLFLOW_TRACKING_PASSWORD: ann.token })

const cases: Case[] = [
  { client: 'Python, the newest: two users', least: 20, missing: !python, run: asPeople(python) },
  { client: 'Python, the oldest: two users', least: 12, missing: !oldPython, run: asPeople(oldPython) },
  {
    client: 'Java: two users',
    least: 9,
    missing: !jars,
    run: java('SignedIn.java', () => ({ ANN_PASSWORD: PASSWORD, ANN_TOKEN: ann.token, BEN_TOKEN: ben.token })),
  },
  {
    client: 'Java: all that it does, by basic authentication',
    least: 19,
    missing: !python || !jars,
    run: java('Flows.java', annByToken),
  },
]

describe.each(cases)('$client', ({ client, least, missing, run }) => {
  test.skipIf(missing)(
    'as it is',
    async () => {
      const ran = await run(server.base)
      printCounts(client, ran)
      const passed = ran.flows.filter(({ outcome }) => outcome === 'passed')
      expect(
        ran.flows.filter(({ outcome }) => outcome === 'failed'),
        ran.printed,
      ).toEqual([])
      expect(passed.length, ran.printed).toBeGreaterThanOrEqual(least)
    },
    600_000,
  )
})
