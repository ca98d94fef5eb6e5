import { expect, test } from 'vitest'
import { openStory } from './fixtures.ts'

const { visit, newExperiment, newRun } = openStory()

test('the run page says what the run is: values, params, tags, details', async () => {
  const experiment = await newExperiment('claims')
  const params = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`param_${String(i).padStart(2, '0')}`, `value ${i}`]),
  )
  const run = await newRun(experiment, {
    name: 'candidate',
    metrics: {
      val_auc: [
        [0, 0.5],
        [1, 0.95],
        [2, 0.9],
      ],
    },
    params: { ...params, long: 'x'.repeat(300) },
    tags: { team: 'fraud', 'mlflow.note.content': 'Second try', 'mlflow.source.git.commit': '4e1c9a2f00' },
  })
  const page = await visit(`/runs/${run}`)
  await page.getByRole('heading', { name: 'candidate', level: 1 }).waitFor()
  await expect.poll(() => page.title()).toBe('candidate · claims · Assay')
  await page.getByText('Finished').waitFor()
  const metric = page.getByRole('row', { name: /val_auc/ })
  await expect.poll(() => metric.getByRole('cell').allInnerTexts()).toEqual(['', '0.9', '0.5', '0.95', '2'])

  await page.getByText('9 more').waitFor()
  await page.getByRole('searchbox', { name: 'Find in Params' }).fill('value 19')
  await page.getByRole('rowheader', { name: 'param_19' }).waitFor()
  expect(await page.getByRole('rowheader', { name: 'param_00' }).count()).toBe(0)
  await page.getByText('4e1c9a2', { exact: true }).waitFor()
  await page.getByText('team').waitFor()

  await page.getByRole('link', { name: 'claims' }).click()
  await page.getByRole('heading', { name: 'Runs of claims' }).waitFor()
})

test('a run without anything says how to fill it, page by page', async () => {
  const run = await newRun(await newExperiment('bare'))
  const page = await visit(`/runs/${run}/metrics`)
  await page.getByText('No metrics yet').waitFor()
  await page.getByText(`start_run(run_id="${run}")`).waitFor()
  await page.getByRole('link', { name: 'Artifacts' }).click()
  await page.getByText('No artifacts yet').waitFor()
})
