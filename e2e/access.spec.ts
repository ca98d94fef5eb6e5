import { expect, test } from 'vitest'
import { axeProblems } from './fixtures.ts'
import { openStoryWithPeople } from './people.ts'

const LEAD = 'lead@example.org'
const READER = 'reader@example.org'
const { visitAs, newExperiment, newRun, give, take } = openStoryWithPeople(LEAD, READER)

test('a reader sees a run and is offered nothing that changes it', async () => {
  const experiment = await newExperiment('read only')
  const run = await newRun(experiment, { name: 'looked at', metrics: { loss: 0.1 } })
  await give(experiment, { username: READER, permission: 'READ' })
  await give(experiment, { username: LEAD, permission: 'EDIT' })

  const editor = await visitAs(LEAD, `/runs/${run}`)
  await editor.getByRole('button', { name: 'Run actions' }).waitFor()

  const reader = await visitAs(READER, `/runs/${run}`)
  await reader.getByText('loss').first().waitFor()
  expect(await reader.getByRole('button', { name: 'Run actions' }).count()).toBe(0)
  await reader.goto(`/experiments/${experiment}/access`)
  await reader.getByText('You may').waitFor()
  expect(await reader.getByRole('button', { name: 'Give access' }).count()).toBe(0)
  expect(await axeProblems(reader)).toEqual([])
})

test('what is taken in the middle is refused, and the page says what is missing', async () => {
  const experiment = await newExperiment('taken')
  const run = await newRun(experiment, { name: 'mine until now', metrics: { loss: 0.1 } })
  await give(experiment, { username: LEAD, permission: 'EDIT' })
  const page = await visitAs(LEAD, `/runs/${run}`, { allow: [/403/] })
  await page.getByRole('button', { name: 'Run actions' }).click()
  await page.getByRole('menuitem', { name: 'Delete run…' }).click()
  await take(experiment, { username: LEAD, permission: 'EDIT' })
  await page.getByRole('button', { name: 'Delete run' }).click()
  await page.getByRole('heading', { name: 'You may not see this' }).waitFor()
  expect(await page.locator('main').textContent()).not.toContain('mine until now')
})

test('who may not see a page asks for access, a manager gives it, and the page opens by itself', async () => {
  const experiment = await newExperiment('asked for')
  const run = await newRun(experiment, { name: 'behind the door', metrics: { loss: 0.1 } })
  await give(experiment, { username: LEAD, permission: 'MANAGE' })

  const page = await visitAs(READER, `/runs/${run}`, { allow: [/403/] })
  await page.getByRole('heading', { name: 'You may not see this' }).waitFor()
  await page.getByText(LEAD).waitFor()
  expect(await axeProblems(page)).toEqual([])
  expect(await page.locator('main').textContent()).not.toContain('asked for')
  await page.getByLabel('Why do you need it?').fill('I compare it with mine')
  await page.getByRole('button', { name: 'Ask for access' }).click()
  await page.getByText('Nobody has decided yet').waitFor()

  const manager = await visitAs(LEAD, '/')
  const asked = manager.getByRole('region', { name: 'Asked of you' })
  await asked.getByText('I compare it with mine').waitFor()
  await asked.getByRole('link', { name: 'asked for' }).waitFor()
  expect(await axeProblems(manager)).toEqual([])
  await asked.getByRole('button', { name: `Give it what ${READER} asks for` }).click()
  await asked.waitFor({ state: 'detached' })

  await page.getByRole('heading', { name: 'behind the door' }).waitFor()
})

test('whoever manages an experiment gives access to it and takes it back', async () => {
  const experiment = await newExperiment('given')
  await give(experiment, { username: LEAD, permission: 'MANAGE' })
  const page = await visitAs(LEAD, `/experiments/${experiment}/access`)
  await page.getByRole('combobox', { name: 'To' }).fill('read')
  await page.getByRole('option', { name: READER }).click()
  await page.getByRole('combobox', { name: 'May' }).selectOption('EDIT')
  await page.getByRole('button', { name: 'Give access' }).click()
  const row = page.getByRole('row', { name: new RegExp(`${READER}.*Edit`) })
  await row.waitFor()
  expect(await axeProblems(page)).toEqual([])
  await row.getByRole('button', { name: `Take back Edit from ${READER}` }).click()
  await row.waitFor({ state: 'detached' })
})
