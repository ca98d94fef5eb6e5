import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Flows } from './flows.ts'
import { areasOf, clientServer, printCounts, runFlows } from './flows.ts'

const { ASSAY_TEST_PYTHON: python, ASSAY_TEST_OLD_PYTHON: oldPython, ASSAY_TEST_JAVA_CLASSPATH: jars } = process.env
const here = (name: string) => join(import.meta.dirname, name)

const pythonAreas = areasOf(
  readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.flows.py'))
    .map(here),
  /^class (?!Flow\b)/,
)
const versionOf = (path: string) =>
  execFileSync(path, ['-c', 'from importlib.metadata import version; print(version("mlflow-skinny"))'], {
    encoding: 'utf8',
  }).trim()

type Client = { client: string; areas: string[]; run: ((base: string) => Promise<Flows>) | undefined }

const pythonClient = (age: string, path: string | undefined): Client => ({
  client: `Python, ${path ? versionOf(path) : age}`,
  areas: pythonAreas,
  run: path
    ? (base) =>
        runFlows(path, [here('flows.py')], {
          MLFLOW_TRACKING_URI: base,
          MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT: '60',
          MLFLOW_DISABLE_TELEMETRY: 'true',
          PYTHONDONTWRITEBYTECODE: '1',
        })
    : undefined,
})

const has = (program: string) => {
  try {
    return execFileSync('sh', ['-c', `command -v ${program}`]).length > 0
  } catch {
    return false
  }
}

const clients: Client[] = [
  pythonClient('the newest', python),
  pythonClient('the oldest', oldPython),
  {
    client: 'Java, 2.17.2',
    areas: areasOf([here('Flows.java')], /^ {4}flow\("/),
    run:
      python && jars
        ? (base) =>
            // a source file that java compiles itself; artifacts are the work of a Python that it starts
            runFlows('java', ['-cp', jars, here('Flows.java')], {
              MLFLOW_TRACKING_URI: base,
              MLFLOW_PYTHON_EXECUTABLE: python,
            })
        : undefined,
  },
  {
    client: 'curl',
    areas: areasOf([here('flows.sh')], /^flow /),
    run: has('curl') && has('jq') ? (base) => runFlows('bash', [here('flows.sh'), base], {}) : undefined,
  },
]

describe.each(clients)('$client', ({ client, areas, run }) => {
  describe.skipIf(!run)('as it is', () => {
    const server = clientServer()
    let ran: Flows = { printed: '', flows: [] }
    beforeAll(async () => {
      if (run) ran = await run(server.base)
    }, 600_000)
    afterAll(() => printCounts(client, ran))

    test.each(areas)('%s', (area) => {
      const flows = ran.flows.filter((flow) => flow.area === area)
      expect(
        flows.filter(({ outcome }) => outcome === 'failed'),
        ran.printed,
      ).toEqual([])
      expect(
        flows.filter(({ outcome }) => outcome === 'passed'),
        ran.printed,
      ).not.toEqual([])
    })
  })
})
