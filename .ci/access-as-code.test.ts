import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readWanted } from '../bff/auth/files/read.ts'

const text = readFileSync(join(import.meta.dirname, '../docs/access-as-code.md'), 'utf8')
const blocks = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block)
const [file = '', groups = '', , actions = '', gitlab = ''] = blocks

test('the files of the example can be applied', () => {
  const wanted = readWanted({ 'fraud.yaml': file, 'groups.yaml': groups }, { domains: ['example.org'] })
  expect(wanted.files[0]?.access).toHaveLength(5)
  expect(wanted.groups).toHaveLength(2)
})

test('both pipelines plan what is asked for, and apply what is merged', () => {
  const { jobs } = parse(actions) as { jobs: { access: { steps: { if?: string; run?: string }[] } } }
  const runs = jobs.access.steps.map((step) => [step.if, step.run?.replaceAll(/\\\n\s*/g, '').trim()])
  expect(runs.slice(1)).toEqual([
    [
      "github.event_name == 'pull_request'",
      expect.stringMatching(/ access plan \/access\/files --server .* \|\| \[ \$\? = 2 \]$/),
    ],
    [
      "github.event_name == 'push'",
      expect.stringMatching(/ access apply \/access\/files --server .* --commit \$\{\{ github\.sha \}\}$/),
    ],
  ])
  const { plan, apply } = parse(gitlab) as Record<'plan' | 'apply', { script: string[] }>
  expect(plan.script).toEqual([expect.stringMatching(/ access plan files --server .* \|\| \[ \$\? = 2 \]$/)])
  expect(apply.script).toEqual([expect.stringMatching(/ access apply files --server .* --commit "\$CI_COMMIT_SHA"$/)])
})
