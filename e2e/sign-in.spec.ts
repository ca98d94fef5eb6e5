import { expect, test } from 'vitest'
import { axeProblems } from './fixtures.ts'
import { ADMIN, enterPassword, openStoryWithPeople, signIn } from './people.ts'

const { visit, visitAs, newExperiment, endSessionsOf } = openStoryWithPeople('ana@example.org')

test('a deep link survives the sign-in, and a wrong password is said', async () => {
  const experiment = await newExperiment('linked')
  const path = `/experiments/${experiment}?filter=metrics.loss+%3C+1`
  const page = await visit(path, { allow: [/401/] })
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(await axeProblems(page)).toEqual([])
  await signIn(page, ADMIN, 'not the password')
  await page.getByRole('alert').getByText('wrong').waitFor()
  await enterPassword(page)
  await page.getByRole('heading', { name: 'Runs of linked' }).waitFor()
  const { pathname, search } = new URL(page.url())
  expect(pathname + search).toBe(path)
})

test('the address of another site is no page to go on to', async () => {
  const page = await visit('/sign-in?next=%2F%2Fevil.invalid%2F')
  await signIn(page, ADMIN)
  await page.getByRole('heading', { name: 'Home' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/')
})

test('Caps Lock is told of', async () => {
  const page = await visit('/sign-in')
  const password = page.getByRole('textbox', { name: 'Password' })
  await password.focus()
  // Playwright has no key for the lock: the event is what a keyboard with the lock on sends
  await password.evaluate((field) =>
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'A', bubbles: true, modifierCapsLock: true })),
  )
  await page.getByText('Caps Lock is on').waitFor()
})

test('a browser that keeps no cookie is told so, and not asked again and again', async () => {
  const page = await visit('/sign-in')
  await page.route('**/api/assay/session', async (route) => {
    const answer = await route.fetch()
    const { 'set-cookie': _cookie, ...headers } = answer.headers()
    await page.context().clearCookies()
    await route.fulfill({ response: answer, headers })
    await page.context().clearCookies()
  })
  await signIn(page, ADMIN)
  await page.getByText('your browser did not keep the cookie').waitFor()
  expect(new URL(page.url()).pathname).toBe('/sign-in')
})

test('a session that ends in the middle of a form loses nothing that was typed', async () => {
  const page = await visitAs('ana@example.org', '/account', { allow: [/401/] })
  const called = page.getByLabel('Called')
  await called.fill('Ana of the claims')
  await endSessionsOf('ana@example.org')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog', { name: 'Sign in again' }).waitFor()
  expect(await axeProblems(page)).toEqual([])
  expect(await called.inputValue()).toBe('Ana of the claims')
  await enterPassword(page)
  await page.getByText('Saved').waitFor()
  expect(await called.inputValue()).toBe('Ana of the claims')
  await page.getByRole('navigation', { name: 'Main', exact: true }).getByText('Ana of the claims').waitFor()
})

test('who does not sign in again keeps the page, and can do so later', async () => {
  const page = await visitAs('ana@example.org', '/account', { allow: [/401/] })
  await page.getByLabel('Called').fill('Still here')
  await endSessionsOf('ana@example.org')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('dialog', { name: 'Sign in again' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByText('You are signed out.').waitFor()
  await page.getByRole('button', { name: 'Sign in again' }).click()
  await enterPassword(page)
  await page.getByText('You are signed out.').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved').waitFor()
})

test('signing out everywhere else ends the other browser, and signing out this one', async () => {
  const other = await visitAs('ana@example.org', '/account/tokens', { allow: [/401/] })
  await other.getByText('This one').waitFor()
  const page = await visitAs('ana@example.org', '/account/tokens')
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click()
  await page.getByText('1 browser', { exact: true }).waitFor()
  await other.reload()
  await other.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.goto('/experiments')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
})
