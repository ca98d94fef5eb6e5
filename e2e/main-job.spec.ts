import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser, openPage } from './browser.ts'
import type { RunningProgram } from './program.ts'
import { startAssay } from './program.ts'

const python = process.env.ASSAY_TEST_PYTHON
if (!python)
  process.stdout.write(
    'The main job is left out: ASSAY_TEST_PYTHON names no Python that has mlflow-skinny (.ci/run makes one).\n',
  )

type Logged = { experiment_id: string; runs: Record<string, string>; found: string[]; points: number; artifact: string }

let assay: RunningProgram
let browser: Browser
beforeAll(async () => {
  if (python) [assay, browser] = await Promise.all([startAssay([]), openBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await assay?.stop()
})

const logAsUsual = async (): Promise<Logged> => {
  const env = { ...process.env, MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: 'false', MLFLOW_DISABLE_TELEMETRY: 'true' }
  const script = join(import.meta.dirname, 'main-job.py')
  const { stdout } = await promisify(execFile)(python ?? '', [script, assay.url], { env, timeout: 90_000 })
  return JSON.parse(stdout.slice(stdout.lastIndexOf('\n{') + 1)) as Logged
}

test.runIf(python)('what an unmodified MLflow client logs, a reviewer finds, reads and downloads', async () => {
  const logged = await logAsUsual()
  expect(logged).toMatchObject({ found: ['steady'], points: 250, artifact: expect.stringContaining('C-100034') })

  const { page, complaints } = await openPage(browser, assay.url)
  await page.goto('/experiments')
  await page.getByRole('link', { name: 'claim-risk' }).click()
  await page.getByRole('link', { name: 'slow', exact: true }).waitFor()

  await page.getByRole('textbox', { name: 'Filter runs' }).fill('metrics.auc > 0.88')
  await page.keyboard.press('Enter')
  await page.getByText('1 of 2 runs').waitFor()
  expect(await page.getByRole('link', { name: 'slow', exact: true }).count()).toBe(0)

  await page.getByRole('link', { name: 'steady', exact: true }).click()
  await page.getByText('claims-2026-10').first().waitFor()
  await page.getByRole('link', { name: 'Metrics' }).click()
  const curve = page.getByRole('figure', { name: 'loss' })
  await curve.getByText('250 points').waitFor()
  await curve.getByRole('img', { name: 'loss goes from 1.06 at 0 to 0.06 at 249' }).waitFor()

  await page.getByRole('link', { name: 'Artifacts' }).click()
  await page.getByRole('button', { name: 'evaluation' }).click()
  await page.getByRole('link', { name: 'review-queue.csv' }).click()
  await page.getByText('C-100034').waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download' }).click(),
  ])
  expect(download.suggestedFilename()).toBe('review-queue.csv')
  expect(await readFile(await download.path(), 'utf8')).toBe(logged.artifact)
  expect(complaints).toEqual([])
})
