import { expect, test } from 'vitest'
import { openStory } from './fixtures.ts'

const { visit, newExperiment, newRun } = openStory()

test('an empty server shows the lines that fill it', async () => {
  const page = await visit('/')
  await page.getByText('No runs yet').waitFor()
  const code = await page.locator('pre').textContent()
  expect(code).toContain(`mlflow.set_tracking_uri("${new URL(page.url()).origin}")`)
})

test('what is not there is not found, for addresses, experiments and runs alike', async () => {
  for (const path of ['/nothing/here', '/experiments/123456', `/runs/${'0'.repeat(32)}`]) {
    const page = await visit(path, { allow: [/404 \(Not Found\)/] })
    await page.getByRole('heading', { name: 'Nothing is here' }).waitFor()
    expect(await page.title()).toBe('Not found · Assay')
  }
})

test('without permission the page says which one is missing, and names nothing', async () => {
  const experiment = await newExperiment('secret')
  const page = await visit('/experiments', { allow: [/403/] })
  await page.route('**/experiments/get?*', (route) =>
    route.fulfill({ status: 403, json: { error_code: 'PERMISSION_DENIED', message: 'Permission denied' } }),
  )
  await page.goto(`/experiments/${experiment}`)
  await page.getByRole('heading', { name: 'You may not see this' }).waitFor()
  expect(await page.locator('main').textContent()).not.toContain('secret')
})

test('a server that fails is said to, and trying again goes on where one was', async () => {
  const experiment = await newExperiment('flaky')
  await newRun(experiment, { name: 'there' })
  const page = await visit('/experiments', { allow: [/503/] })
  await page.route('**/runs/search', (route) =>
    route.fulfill({
      status: 503,
      json: { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'The database did not answer' },
    }),
  )
  await page.getByRole('link', { name: 'flaky' }).click()
  await page.getByText('The runs could not be read').waitFor()
  await page.getByText('The database did not answer').waitFor()
  await page.unroute('**/runs/search')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('link', { name: 'there' }).waitFor()
})
