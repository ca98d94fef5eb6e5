import { beforeAll, describe, expect, test } from 'vitest'
import { addGroupMember, createGroup, createToken, createUser } from '#contract'
import { axeProblems, layoutShift, widerThanScreen } from './fixtures.ts'
import { ADMIN, openStoryWithPeople } from './people.ts'

const READER = 'a-reader-with-a-rather-long-name@statistics.example.org'
const { visitAs, ask, newExperiment, give } = openStoryWithPeople(READER)

let experiment: string

beforeAll(async () => {
  experiment = await newExperiment('fraud/claim-risk')
  await ask(createGroup, { name: 'fraud-ds', description: 'Data scientists of fraud' })
  await ask(addGroupMember, { name: 'fraud-ds', username: READER })
  await ask(createUser, { username: 'svc-train', kind: 'service', display_name: 'trains at night' })
  await ask(createUser, { username: 'invited@example.org' })
  await ask(createToken, { name: 'laptop', scopes: ['write'] })
  await give(experiment, { group: 'fraud-ds', permission: 'EDIT' })
  await give(experiment, { username: READER, permission: 'READ' })
  await give(experiment, { username: 'svc-train', permission: 'NO_PERMISSIONS' })
})

const PAGES = [
  { name: 'profile', path: () => '/account', ready: 'Change the password' },
  { name: 'tokens and sign-ins', path: () => '/account/tokens', ready: 'laptop' },
  { name: 'requests', path: () => '/account/requests', ready: 'Asked by you' },
  { name: 'accounts', path: () => '/admin/users', ready: 'svc-train' },
  { name: 'an account', path: () => '/admin/users/svc-train', ready: 'by tokens only' },
  { name: 'groups', path: () => '/admin/groups', ready: 'Data scientists of fraud' },
  { name: 'access as code', path: () => '/admin/access-files', ready: 'Last applied' },
  { name: 'mail', path: () => '/admin/mail', ready: 'No mail: waiting' },
  { name: 'audit log', path: () => '/admin/audit?action=group.', ready: 'fraud-ds' },
  { name: 'audit log, none matching', path: () => '/admin/audit?actor=nobody', ready: 'No entry matches' },
  { name: 'access of an experiment', path: () => `/experiments/${experiment}/access`, ready: 'Read and use' },
]
const DESK = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }

describe.each([
  { screen: 'a desk in the light', viewport: DESK, colorScheme: 'light' },
  { screen: 'a desk in the dark', viewport: DESK, colorScheme: 'dark' },
  { screen: 'a phone in the light', viewport: PHONE, colorScheme: 'light' },
] as const)('on $screen', ({ viewport, colorScheme }) => {
  test('axe finds nothing on any page, nothing is wider than the screen, nothing jumps', async () => {
    const page = await visitAs(ADMIN, '/experiments', { viewport, colorScheme })
    await page.getByRole('heading', { name: 'Experiments' }).waitFor()
    for (const { name, path, ready } of PAGES) {
      await page.goto(path())
      await page.getByText(ready).first().waitFor()
      expect(await axeProblems(page), name).toEqual([])
      expect(await widerThanScreen(page), name).toBeLessThanOrEqual(0)
      expect(await layoutShift(page), name).toBeLessThan(0.1)
    }
  })
})

test('every page fits a screen of 320', async () => {
  const page = await visitAs(ADMIN, '/experiments', { viewport: { width: 320, height: 568 } })
  await page.getByRole('heading', { name: 'Experiments' }).waitFor()
  for (const { name, path, ready } of PAGES) {
    await page.goto(path())
    await page.getByText(ready).first().waitFor()
    expect(await widerThanScreen(page), name).toBeLessThanOrEqual(0)
  }
})

test('the administration is not for readers, and says so', async () => {
  const page = await visitAs(READER, '/admin/audit')
  await page.getByRole('heading', { name: 'For administrators' }).waitFor()
  expect(await axeProblems(page)).toEqual([])
})

test('a token is shown once, with the lines that use it, and revoked for good', async () => {
  const page = await visitAs(READER, '/account/tokens')
  await page.getByLabel('Name', { exact: true }).fill('notebook')
  await page.getByLabel('May').selectOption({ label: 'Read only' })
  await page.getByRole('button', { name: 'Make token' }).click()
  const token = (await page.getByRole('status').locator('code').textContent()) ?? ''
  await page.getByText(`MLFLOW_TRACKING_TOKEN=${token}`).waitFor()
  await page.getByText('curl', { exact: true }).click()
  await page.getByText(`Authorization: Bearer ${token}`).waitFor()
  expect(await axeProblems(page)).toEqual([])
  await page.getByRole('button', { name: 'Revoke notebook' }).click()
  await page.getByRole('row', { name: /notebook.*revoked/ }).waitFor()
  await page.reload()
  await page.getByRole('row', { name: /notebook.*revoked/ }).waitFor()
  expect(await page.locator('body').textContent()).not.toContain(token)
})

test('an administrator shuts an account, lets it in again, and finds both in the audit log', async () => {
  const page = await visitAs(ADMIN, '/admin/users/svc-train')
  await page.getByRole('button', { name: 'Disable' }).click()
  await page.getByText('Disabled').waitFor()
  await page.getByRole('button', { name: 'Let in again' }).click()
  await page.getByRole('button', { name: 'Disable' }).waitFor()
  await page.goto('/admin/audit?object=svc-train')
  await page.getByText('user.update').first().waitFor()
  const [csv] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'As CSV' }).click()])
  expect(csv.suggestedFilename()).toBe('audit.csv')
})
