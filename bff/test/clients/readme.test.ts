import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { searchExperiments, searchRuns } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { temporaryFolder } from '../artifact-places.ts'
import { clientServer } from './flows.ts'

const { ASSAY_TEST_PYTHON: python, ASSAY_TEST_JAVA_CLASSPATH: jars } = process.env
const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')

/** The first block in a language below "Log to it", with the address of another server. */
function shown(language: string, base: string): string {
  const [, text = ''] = new RegExp(`## Log to it[\\s\\S]*?\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme) ?? []
  expect(text).toContain('http://127.0.0.1:5000')
  return text.replaceAll('http://127.0.0.1:5000', base)
}

const run = (program: string, ...argv: string[]) => promisify(execFile)(program, argv)

describe('what the README shows logs a finished run:', () => {
  const server = clientServer()
  const logged = async () => {
    const { experiments } = await call(searchExperiments, {}, server)
    const experiment_ids = experiments.map(({ experiment_id }) => experiment_id)
    const { runs } = await call(searchRuns, { experiment_ids, max_results: 1, order_by: ['start_time DESC'] }, server)
    return runs?.map(({ info, data }) => ({ status: info.status, metrics: data.metrics.map(({ key }) => key) }))
  }
  const finished = [{ status: 'FINISHED', metrics: ['loss'] }]

  test.skipIf(!python)('Python', async () => {
    await run(python ?? '', '-c', shown('python', server.base))
    expect(await logged()).toEqual(finished)
  })

  test.skipIf(!jars)('Java', async () => {
    const file = join(await temporaryFolder(), 'Shown.java')
    writeFileSync(
      file,
      `public class Shown { public static void main(String[] args) {\n${shown('java', server.base)}} }`,
    )
    await run('java', '-cp', jars ?? '', file)
    expect(await logged()).toEqual(finished)
  })

  test.skipIf(!jars)('curl and jq', async () => {
    await run('bash', '-ec', shown('sh', server.base))
    expect(await logged()).toEqual(finished)
  })
})
