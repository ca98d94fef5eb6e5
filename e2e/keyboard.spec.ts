import { expect, test } from 'vitest'
import { axeProblems, openStory } from './fixtures.ts'

const { visit, newExperiment, newRun } = openStory()

test('from the list to a run without a mouse', async () => {
  const experiment = await newExperiment('keys')
  await newRun(experiment, { name: 'older', metrics: { loss: 1 } })
  await newRun(experiment, { name: 'newer', metrics: { loss: 2 } })
  const page = await visit(`/experiments/${experiment}`)
  await page.getByRole('link', { name: 'older' }).waitFor()

  await page.keyboard.press('Tab')
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')

  await page.keyboard.press('/')
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Filter runs')
  await page.keyboard.type("run_name = 'older' or run_name = 'newer'")
  await page.keyboard.press('Enter')
  await page.getByText('2 of 2 runs').waitFor()
  await page.getByRole('region', { name: 'Runs, scrolls both ways' }).focus()

  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await page.getByText('2 selected').waitFor()
  await page.keyboard.press('o')
  await page.getByRole('heading', { name: 'older', level: 1 }).waitFor()
})

test('the keys are shown by ?, and go away by Escape', async () => {
  const page = await visit('/experiments')
  await page.getByRole('heading', { name: 'Experiments', level: 1 }).waitFor()
  await page.keyboard.press('Shift+?')
  const help = page.getByRole('dialog', { name: 'Help and shortcuts' })
  await help.getByText('Compare what is selected').waitFor()
  expect(await axeProblems(page)).toEqual([])
  await page.keyboard.press('Escape')
  await help.waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: 'Help and shortcuts' }).click()
  await help.getByRole('button', { name: 'Close' }).click()
  await help.waitFor({ state: 'hidden' })
})

test('the sidebar folds, the theme changes, and both are remembered', async () => {
  const page = await visit('/experiments')
  await page.getByRole('heading', { name: 'Experiments', level: 1 }).waitFor()
  await page.keyboard.press('[')
  await page.getByRole('button', { name: 'Unfold the sidebar' }).waitFor()
  await page.getByRole('button', { name: 'Theme: system' }).click()
  await page.getByRole('button', { name: 'Theme: light' }).click()
  const scheme = () => page.evaluate(() => document.documentElement.dataset.mantineColorScheme)
  expect(await scheme()).toBe('dark')
  await page.reload()
  await page.getByRole('button', { name: 'Unfold the sidebar' }).waitFor()
  expect(await scheme()).toBe('dark')
})
