import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openStory } from './fixtures.ts'

const { visit, newExperiment, newRun, newArtifact } = openStory()

const DOT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

test('files are looked at by kind and taken as they are', async () => {
  const experiment = await newExperiment('files')
  const run = await newRun(experiment, { name: 'with files' })
  const csv = 'claim,score\nC-1,0.9\n"C-2, joint",0.8\n'
  await newArtifact(experiment, run, 'tables/queue.csv', csv)
  await newArtifact(experiment, run, 'model/MLmodel', 'flavors:\n  python_function: {}\n')
  await newArtifact(experiment, run, 'plots/dot%20one.png', new Uint8Array(DOT))
  await newArtifact(experiment, run, 'weights.bin', new Uint8Array([0, 1, 2, 255]))
  await newArtifact(experiment, run, 'page.html', '<script>window.broken = true</script><b>seen</b>')

  const page = await visit(`/runs/${run}`)
  await page.getByRole('link', { name: 'Artifacts' }).click()
  const files = page.getByRole('navigation', { name: 'Files' })
  await files.getByRole('button', { name: 'tables' }).click()
  await files.getByRole('link', { name: /queue.csv/ }).click()
  const table = page.getByRole('region', { name: 'Contents of queue.csv' })
  await table.getByRole('cell', { name: 'C-2, joint' }).waitFor()
  await page.getByText('2 rows, 2 columns').waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download' }).click(),
  ])
  expect(await readFile(await download.path(), 'utf8')).toBe(csv)

  await files.getByRole('button', { name: 'plots' }).click()
  await files.getByRole('link', { name: /dot one.png/ }).click()
  await expect
    .poll(() =>
      page.getByRole('img', { name: 'dot one.png' }).evaluate((image) => (image as HTMLImageElement).naturalWidth),
    )
    .toBe(1)
  await page.reload()
  await page.getByRole('img', { name: 'dot one.png' }).waitFor()

  await files.getByRole('button', { name: 'model' }).click()
  await files.getByRole('link', { name: /MLmodel/ }).click()
  await page.getByText('python_function: {}').waitFor()
  await files.getByRole('link', { name: /weights.bin/ }).click()
  await page.getByText('No preview').waitFor()
  // a page is shown as its source: nothing of it runs
  await files.getByRole('link', { name: /page.html/ }).click()
  await page.getByText('<b>seen</b>').waitFor()
  expect(await page.evaluate(() => 'broken' in window)).toBe(false)
})

test('of a large file the beginning is shown, and said to be that', async () => {
  const experiment = await newExperiment('large')
  const run = await newRun(experiment)
  await newArtifact(
    experiment,
    run,
    'train.log',
    Array.from({ length: 60_000 }, (_, i) => `step ${i} loss ${1 / (i + 1)}`).join('\n'),
  )
  const page = await visit(`/runs/${run}/artifacts/train.log`)
  await page.getByText('the first 1 MB are shown').waitFor()
  await page.getByText('step 0 loss 1', { exact: true }).waitFor()
  expect(await page.locator('[data-line]').count()).toBeLessThan(200)
})

test('a file that is not there is not an error of the page', async () => {
  const experiment = await newExperiment('gone')
  const run = await newRun(experiment)
  await newArtifact(experiment, run, 'a.txt', 'here')
  const page = await visit(`/runs/${run}/artifacts/b.txt`)
  await page.getByText('This run has no such file').waitFor()
})
