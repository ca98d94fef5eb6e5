import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { axeProblems, curve, layoutShift, openStory, widerThanScreen } from './fixtures.ts'

const { visit, newExperiment, newRun, newArtifact } = openStory()

/** Addresses, and what shows that the page is complete. */
let pages: Record<string, { path: string; ready: (page: Page) => Promise<unknown> }>

beforeAll(async () => {
  const experiment = await newExperiment('a/rather/long/name-of-an-experiment-that-goes-on')
  const runs: string[] = []
  for (let i = 0; i < 8; i++)
    runs.push(
      await newRun(experiment, {
        name: `run ${i}`,
        status: i === 3 ? 'FAILED' : i === 4 ? 'RUNNING' : 'FINISHED',
        metrics: { val_loss: curve(400, (step) => 1 / (step + i + 1)), val_auc: 0.5 + i / 20 },
        params: { model: i % 2 ? 'tree' : 'linear', seed: '7' },
        tags: { team: 'fraud' },
      }),
    )
  const [run = '', second = ''] = runs
  await newArtifact(experiment, run, 'tables/scores.csv', 'claim,score\nC-1,0.9\nC-2,0.8\n')
  await newArtifact(experiment, run, 'notes.md', '# Notes\n\nPlain.\n')
  const text = (words: string) => (page: Page) => page.getByText(words).first().waitFor()
  pages = {
    home: { path: '/', ready: text('run 7') },
    experiments: { path: '/experiments', ready: text('2 of 2 experiments') },
    runs: { path: `/experiments/${experiment}`, ready: text('run 7') },
    'runs, none matching': { path: `/experiments/${experiment}?filter=zebra`, ready: text('No run matches') },
    run: { path: `/runs/${run}`, ready: text('val_loss') },
    metrics: { path: `/runs/${run}/metrics`, ready: (page) => page.locator('.recharts-line').first().waitFor() },
    artifacts: { path: `/runs/${run}/artifacts`, ready: text('notes.md') },
    'a table': { path: `/runs/${run}/artifacts/tables/scores.csv`, ready: text('C-2') },
    'a text': { path: `/runs/${run}/artifacts/notes.md`, ready: text('# Notes') },
    comparison: { path: `/compare?runs=${run},${second}`, ready: text('val_loss') },
    'not found': { path: '/nothing', ready: text('Nothing is here') },
  }
})

const NAMES = [
  'home',
  'experiments',
  'runs',
  'runs, none matching',
  'run',
  'metrics',
  'artifacts',
  'a table',
  'a text',
  'comparison',
  'not found',
]
const DESK = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }

describe.each([
  { screen: 'a desk in the light', viewport: DESK, colorScheme: 'light' },
  { screen: 'a desk in the dark', viewport: DESK, colorScheme: 'dark' },
  { screen: 'a phone in the light', viewport: PHONE, colorScheme: 'light' },
] as const)('on $screen', ({ viewport, colorScheme }) => {
  test.each(NAMES)('%s: axe finds nothing, nothing is wider than the screen, nothing jumps', async (name) => {
    const wanted = pages[name]
    if (!wanted) throw new Error(`no page ${name}`)
    const page = await visit(wanted.path, { viewport, colorScheme })
    await wanted.ready(page)
    expect(await axeProblems(page)).toEqual([])
    expect(await widerThanScreen(page)).toBeLessThanOrEqual(0)
    expect(await layoutShift(page)).toBeLessThan(0.1)
  })
})

test.each(NAMES)('%s fits a screen of 320', async (name) => {
  const wanted = pages[name]
  if (!wanted) throw new Error(`no page ${name}`)
  const page = await visit(wanted.path, { viewport: { width: 320, height: 568 } })
  await wanted.ready(page)
  expect(await widerThanScreen(page)).toBeLessThanOrEqual(0)
})
