import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { curve, openStory } from './fixtures.ts'

const mlflow = process.env.ASSAY_TEST_MLFLOW_URL

describe.skipIf(!mlflow)('in front of an MLflow server', () => {
  const { visit, newExperiment, newRun, newArtifact } = openStory(`--tracking-url=${mlflow}`)
  const name = `relayed ${randomUUID().slice(0, 8)}`

  test('the page shows what that server has, and hides the rest', async () => {
    const experiment = await newExperiment(name)
    const run = await newRun(experiment, {
      name: 'far away',
      metrics: { loss: curve(2000, (step) => 1 / (step + 1)), 'val/acc': curve(5, (step) => step / 10) },
      params: { lr: '0.1' },
    })
    await newRun(experiment, { name: 'further', metrics: { loss: 0.5 } })
    await newArtifact(experiment, run, 'note.txt', 'kept by MLflow')

    const page = await visit(`/experiments?q=${encodeURIComponent(name)}`)
    await page.getByRole('link', { name }).waitFor()
    await page.getByText('1 experiment', { exact: true }).waitFor()
    expect(await page.getByRole('columnheader').allTextContents()).toEqual(['Name', 'Changed', 'Created'])

    await page.getByRole('link', { name }).click()
    await page.getByRole('link', { name: 'far away' }).waitFor()
    await page.getByText('2 runs', { exact: true }).waitFor()

    await page.getByRole('link', { name: 'far away' }).click()
    const metrics = page.getByRole('table').filter({ has: page.getByRole('columnheader', { name: 'Last' }) })
    await metrics.getByRole('link', { name: 'loss' }).waitFor()
    await expect.poll(() => metrics.getByRole('columnheader').allTextContents()).toEqual(['Name', 'Last', 'Step'])

    await page.goto(page.url().replace(/\?.*/, '').replace(/\/?$/, '/metrics'))
    const loss = page.getByRole('figure', { name: 'loss' })
    await loss.getByText(/points, a sample/).waitFor()
    await loss.getByRole('img', { name: 'loss goes from 1 at 0' }).waitFor()
    await page.getByRole('figure', { name: 'val/acc' }).getByText('5 points', { exact: true }).waitFor()

    await page.goto(page.url().replace('/metrics', '/artifacts/note.txt'))
    await page.getByText('kept by MLflow').waitFor()
  })
})
