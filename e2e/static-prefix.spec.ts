import { expect, test } from 'vitest'
import { openStory } from './fixtures.ts'

const { visit, newExperiment, newRun, newArtifact } = openStory('--static-prefix', '/tools/assay')

test('below a prefix pages, links, files and old bookmarks work as at the root', async () => {
  const experiment = await newExperiment('prefixed')
  const run = await newRun(experiment, { name: 'inside', metrics: { loss: 1 } })
  await newArtifact(experiment, run, 'a.txt', 'found it')

  const page = await visit('')
  await page.getByRole('link', { name: 'inside' }).click()
  await page.waitForURL(`**/tools/assay/runs/${run}`)
  await page.reload()
  await page.getByRole('link', { name: 'Artifacts' }).click()
  await page.getByRole('link', { name: /a.txt/ }).click()
  await page.getByText('found it').waitFor()

  const old = await visit(`/#/experiments/${experiment}/runs/${run}`)
  await old.getByRole('heading', { name: 'inside', level: 1 }).waitFor()
  expect(new URL(old.url()).pathname).toBe(`/tools/assay/runs/${run}`)
})
