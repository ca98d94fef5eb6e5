import { expect, test } from 'vitest'
import { openStory } from './fixtures.ts'

const { visit, newExperiment, newRun } = openStory()

test('a reader finds an experiment by a part of its name, and the address keeps the search', async () => {
  const fraud = await newExperiment('fraud/claim-risk', { 'mlflow.note.content': '# Overpayment\nmore' })
  await newExperiment('letters/triage')
  await newExperiment('100%_sure')
  await newRun(fraud, { status: 'FAILED' })
  await newRun(fraud, { status: 'RUNNING' })

  const page = await visit('/')
  await page.getByRole('navigation', { name: 'Main', exact: true }).getByRole('link', { name: 'Experiments' }).click()
  await page.getByText('4 you may see').waitFor()
  expect(await page.title()).toBe('Experiments · Assay')
  const row = page.getByRole('row', { name: /claim-risk/ })
  await expect.poll(async () => (await row.getByRole('cell').allInnerTexts()).slice(0, 3)).toEqual(['2', '1', '1'])
  await row.getByText('Overpayment').waitFor()

  await page.getByRole('searchbox', { name: 'Find an experiment' }).fill('CLAIM')
  await page.getByText('1 of 4', { exact: true }).waitFor()
  expect(await page.getByRole('row').count()).toBe(2)
  await expect.poll(() => page.url()).toContain('?q=CLAIM')

  await page.reload()
  await page.getByRole('link', { name: 'fraud/claim-risk' }).click()
  await page.getByRole('heading', { name: 'Runs of fraud/claim-risk' }).waitFor()
  await page.goBack()
  expect(await page.getByRole('searchbox').inputValue()).toBe('CLAIM')
})

test('signs of the query language in a name mean themselves; a search without a match says so', async () => {
  const page = await visit('/experiments?q=100%25_')
  await page.getByRole('link', { name: '100%_sure' }).waitFor()
  await page.getByRole('searchbox').fill("o'brien")
  await page.getByText('No experiment matches').waitFor()
  await page.getByRole('button', { name: 'Clear search' }).click()
  await page.getByText('4 you may see').waitFor()
})

test('the list is sorted by a click on a head', async () => {
  const page = await visit('/experiments')
  await page.getByRole('button', { name: 'Name' }).click()
  await expect.poll(() => page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('ascending')
  await expect
    .poll(() => page.getByRole('rowheader').getByRole('link').allInnerTexts())
    .toEqual(['100%_sure', 'Default', 'fraud/claim-risk', 'letters/triage'])
})
