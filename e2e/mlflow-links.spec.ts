import { expect, test } from 'vitest'
import { openStory } from './fixtures.ts'

const { visit, newExperiment, newRun, newArtifact } = openStory()

test("bookmarks of MLflow's page land on the same thing here", async () => {
  const experiment = await newExperiment('linked')
  const run = await newRun(experiment, { name: 'known', metrics: { loss: 1 } })
  const other = await newRun(experiment, { name: 'other', metrics: { loss: 2 } })
  await newArtifact(experiment, run, 'out/a b.txt', 'found')

  const page = await visit(`/#/experiments/${experiment}/runs/${run}/model-metrics`)
  await page.getByRole('figure', { name: 'loss' }).waitFor()
  expect(new URL(page.url()).pathname).toBe(`/runs/${run}/metrics`)

  const links = [
    [`#/experiments/${experiment}`, page.getByRole('heading', { name: 'Runs of linked' })],
    [`#/experiments/${experiment}/runs/${run}`, page.getByRole('heading', { name: 'known', level: 1 })],
    [`#/experiments/${experiment}/runs/${run}/artifacts/out/a%20b.txt`, page.getByText('found', { exact: true })],
    [
      `#/compare-runs?runs=["${run}","${other}"]&experiments=["${experiment}"]`,
      page.getByRole('heading', { name: '2 runs compared' }),
    ],
    ['#/experiments', page.getByRole('heading', { name: 'Experiments', level: 1 })],
  ] as const
  for (const [hash, sign] of links) {
    // typed into the bar of a page that is open: only the hash changes
    await page.evaluate((next) => {
      location.hash = next
    }, hash)
    await sign.waitFor()
    expect(new URL(page.url()).hash).toBe('')
  }

  const filtered = await visit(
    `/#/experiments/${experiment}?searchFilter=metrics.loss%20%3E%201&orderByKey=metrics.%60loss%60&orderByAsc=true`,
  )
  await filtered.getByText('1 of 2 runs').waitFor()
})
