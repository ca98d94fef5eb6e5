import { expect, test } from 'vitest'
import { getExperimentByName, listTokens } from '#contract'
import { axeProblems, openStoryOf } from './fixtures.ts'
import { ADMIN, openStoryWithPeople } from './people.ts'

const { visit, visitAs } = openStoryWithPeople()

const PASSWORD = 'walnut cello harbour 71'

test('an invited user sets a password by the link, once, and is in', async () => {
  const page = await visitAs(ADMIN, '/admin/users')
  await page.getByLabel('Mail address').fill('ben@example.org')
  await page.getByRole('button', { name: 'Invite' }).click()
  await page.getByText('ben@example.org is invited').waitFor()
  expect(await axeProblems(page)).toEqual([])
  const link = new URL((await page.getByRole('status').getByText('/link#').textContent()) ?? '', page.url())

  const invited = await visit(link.pathname + link.hash, { allow: [/409/] })
  await invited.getByRole('heading', { name: 'Welcome: set your password' }).waitFor()
  expect(await axeProblems(invited)).toEqual([])
  await invited.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
  await invited.getByRole('button', { name: 'Set the password and sign in' }).click()
  await invited.getByRole('navigation', { name: 'Main', exact: true }).getByText('ben@example.org').waitFor()

  await invited.goto('/experiments')
  await invited.goto(link.href)
  await invited.getByRole('heading', { name: 'This link does not work' }).waitFor()
  expect(await axeProblems(invited)).toEqual([])
})

// below a prefix, where cookies, links and the lines to paste have a path of their own
const fresh = openStoryOf({ flags: ['--auth=on', '--static-prefix=/lab'] })

test('a newcomer opens the printed link, becomes the administrator, and has a token that works', async () => {
  const link = /http:\S+\/link#\S+/.exec(fresh.printed())?.[0]
  if (!link) throw new Error(`no link in what was printed:\n${fresh.printed()}`)
  const closed = await fresh.visit('/')
  await closed.getByRole('heading', { name: 'This server has no administrator yet' }).waitFor()
  expect(await axeProblems(closed)).toEqual([])

  const page = await fresh.visit('/sign-in')
  await page.goto(link)
  await page.getByRole('heading', { name: 'Make the first administrator' }).waitFor()
  expect(await axeProblems(page)).toEqual([])
  await page.getByLabel('User name').fill('pat')
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Make administrator and sign in' }).click()
  await page.getByRole('heading', { name: 'You are in' }).waitFor()
  expect(await axeProblems(page)).toEqual([])
  expect(page.url()).not.toContain('#')

  const code = (await page.locator('pre').textContent()) ?? ''
  expect(code).toContain(`MLFLOW_TRACKING_URI=${new URL(link).origin}/lab`)
  const token = /MLFLOW_TRACKING_TOKEN=(\S+)/.exec(code)?.[1]
  const { tokens } = await fresh.ask(listTokens, {}, { authorization: `Bearer ${token}` })
  expect(tokens).toHaveLength(1)
  await expect(fresh.ask(getExperimentByName, { experiment_name: 'Default' })).rejects.toMatchObject({ status: 401 })

  await page.getByRole('link', { name: 'Go to the home page' }).click()
  await page.getByRole('heading', { name: 'Home' }).waitFor()
  await page.getByRole('link', { name: 'Administration' }).first().click()
  await page.getByRole('row', { name: /pat.*administrator/ }).waitFor()
})
