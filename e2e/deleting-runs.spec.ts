import { describe, expect, test } from 'vitest'
import { getRun, logMetric } from '#contract'
import { call } from '../web/lib/client.ts'
import { axeProblems, layoutShift, openStory, widerThanScreen } from './fixtures.ts'

const { visit, newExperiment, newRun } = openStory()

test('a run that is still running is deleted, refuses what is logged to it, and is restored', async () => {
  const experiment = await newExperiment('overnight')
  const run = await newRun(experiment, { name: 'gone wrong', status: 'RUNNING', metrics: { loss: 1 } })
  await newRun(experiment, { name: 'gone well' })
  const page = await visit(`/runs/${run}`)
  const server = { base: new URL(page.url()).origin }
  const log = () => call(logMetric, { run_id: run, key: 'loss', value: 2, timestamp: 1 }, server)
  const stage = async () => (await call(getRun, { run_id: run }, server)).run.info.lifecycle_stage
  const dialog = page.getByRole('dialog', { name: 'Delete gone wrong?' })
  const askToDelete = async () => {
    await page.getByRole('button', { name: 'Run actions' }).click()
    await page.getByRole('menuitem', { name: 'Delete run…' }).click()
    await dialog.getByText('It is still running').waitFor()
  }

  await askToDelete()
  await dialog.getByRole('button', { name: 'Keep it' }).click()
  await dialog.waitFor({ state: 'hidden' })
  expect(await stage()).toBe('active')

  await askToDelete()
  await dialog.getByRole('button', { name: 'Delete run' }).click()
  await page.getByText('This run is deleted').waitFor()
  expect(await page.getByRole('button', { name: 'Run actions' }).count()).toBe(0)
  await expect(log()).rejects.toMatchObject({ status: 400, code: 'INVALID_PARAMETER_VALUE' })
  await page.getByRole('link', { name: 'overnight' }).click()
  await page.getByRole('link', { name: 'gone well' }).waitFor()
  expect(await page.getByRole('link', { name: 'gone wrong' }).count()).toBe(0)

  await page.goBack()
  await page.getByRole('button', { name: 'Restore' }).click()
  await page.getByText('This run is deleted').waitFor({ state: 'hidden' })
  expect(await stage()).toBe('active')
  await log()
})

test('what the server refuses is said where it was asked for', async () => {
  const run = await newRun(await newExperiment('locked'), { name: 'kept' })
  const page = await visit(`/runs/${run}`, { allow: [/403/] })
  await page.route('**/runs/delete', (route) =>
    route.fulfill({ status: 403, json: { error_code: 'PERMISSION_DENIED', message: 'EDIT is needed' } }),
  )
  await page.getByRole('button', { name: 'Run actions' }).click()
  await page.getByRole('menuitem', { name: 'Delete run…' }).click()
  await page.getByRole('button', { name: 'Delete run', exact: true }).click()
  await page.getByText('The run was not deleted. EDIT is needed').waitFor()
})

describe.each([
  { screen: 'a desk in the light', viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  { screen: 'a desk in the dark', viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  { screen: 'a phone in the light', viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  { screen: 'a phone in the dark', viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
] as const)('on $screen', ({ screen, viewport, colorScheme }) => {
  test('the question and what follows: axe finds nothing, nothing is wider than the screen', async () => {
    const run = await newRun(await newExperiment(`looked at on ${screen}`), { name: 'looked at', status: 'RUNNING' })
    const page = await visit(`/runs/${run}`, { viewport, colorScheme })
    await page.getByRole('button', { name: 'Run actions' }).click()
    await page.getByRole('menuitem', { name: 'Delete run…' }).click()
    await page.getByRole('dialog', { name: 'Delete looked at?' }).waitFor()
    expect(await axeProblems(page)).toEqual([])
    await page.getByRole('button', { name: 'Delete run', exact: true }).click()
    await page.getByRole('button', { name: 'Restore' }).waitFor()
    expect(await axeProblems(page)).toEqual([])
    expect(await widerThanScreen(page)).toBeLessThanOrEqual(0)
    expect(await layoutShift(page)).toBeLessThan(0.1)
  })

  test('runs of one name are told apart', async () => {
    const experiment = await newExperiment(`equal names on ${screen}`)
    const runs = [await newRun(experiment, { name: 'train' }), await newRun(experiment, { name: 'train' })]
    await newRun(experiment, { name: 'other' })
    const page = await visit(`/experiments/${experiment}`, { viewport, colorScheme })
    for (const run of runs) await page.getByRole('link', { name: `train ${run.slice(0, 7)}` }).waitFor()
    await page.getByRole('link', { name: 'other', exact: true }).waitFor()
    expect(await axeProblems(page)).toEqual([])
    expect(await widerThanScreen(page)).toBeLessThanOrEqual(0)
  })
})
