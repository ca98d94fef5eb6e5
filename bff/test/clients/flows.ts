import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readConfig } from '../../config.ts'
import { testServer } from '../server.ts'

type Flow = { outcome: string; area: string; name: string }
export type Flows = { printed: string; flows: Flow[] }

const s3 = process.env.ASSAY_TEST_S3_ENDPOINT

/** A server for a client. Artifacts go where the tests of this run go: to the S3 server that is named, or to a folder. */
export const clientServer = () =>
  testServer(
    s3
      ? {
          artifacts: readConfig(['--artifacts', 's3://assay-test/clients', '--s3-endpoint', s3], {}).tracking.artifacts,
        }
      : {},
  )

/** The areas that programs of flows name, found by what stands before each name. */
export const areasOf = (files: readonly string[], before: RegExp): string[] => {
  const texts = files.map((file) => readFileSync(file, 'utf8')).join('\n')
  return [...new Set([...texts.matchAll(new RegExp(`${before.source}(\\w+)`, 'gm'))].map(([, area = '']) => area))]
}

/** Runs a program that prints what became of each of its flows: outcome, area and name, with tabs between. */
export async function runFlows(program: string, argv: readonly string[], env: Record<string, string>): Promise<Flows> {
  const printed = await new Promise<string>((resolve) => {
    execFile(program, argv, { env: { ...process.env, ...env }, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve([stdout, stderr, error?.message].join('\n')),
    )
  })
  const lines = printed.matchAll(/^(passed|failed|skipped)\t(\w+)\t(.+)$/gm)
  return { printed, flows: [...lines].map(([, outcome = '', area = '', name = '']) => ({ outcome, area, name })) }
}

/** Into the log of a test run: how many flows of each area passed. */
export function printCounts(client: string, { flows }: Flows) {
  const count = (area: string, wanted: string) =>
    flows.filter((flow) => flow.area === area && flow.outcome === wanted).length
  const lines = [...new Set(flows.map(({ area }) => area))].map((area) => {
    const others = ['skipped', 'failed'].flatMap((outcome) => count(area, outcome) || [])
    return `  ${area}: ${count(area, 'passed')} passed${others.length > 0 ? `, ${others.join(' and ')} not` : ''}\n`
  })
  process.stdout.write(`\n${client}:\n${lines.join('')}`)
}
