import { expect, test } from 'vitest'
import { openStory } from './fixtures.ts'

const { visit, newExperiment, newRun } = openStory()

test('differences lead, what is equal is said once, and a click sorts on the server', async () => {
  const experiment = await newExperiment('sorting')
  await newRun(experiment, { name: 'middle', metrics: { loss: 0.2, auc: 0.8 }, params: { rate: '0.1', seed: '7' } })
  await newRun(experiment, { name: 'best', metrics: { loss: 0.1, auc: 0.9 }, params: { rate: '0.2', seed: '7' } })
  await newRun(experiment, {
    name: 'broken',
    metrics: { loss: Number.NaN, auc: Infinity },
    params: { rate: '0.3', seed: '7' },
    status: 'FAILED',
  })

  const page = await visit(`/experiments/${experiment}`)
  const names = () => page.getByRole('rowheader').getByRole('link').allInnerTexts()
  await expect.poll(names).toEqual(['broken', 'best', 'middle'])
  await page.getByText('Same for all 3').waitFor()
  expect(await page.getByRole('columnheader', { name: 'seed' }).count()).toBe(0)
  const broken = page.getByRole('row', { name: /broken/ })
  expect(await broken.textContent()).toMatch(/Failed[\s\S]*∞[\s\S]*NaN/)

  const head = page.getByRole('columnheader', { name: /loss/ })
  await head.getByRole('button').click()
  await expect.poll(names).toEqual(['best', 'middle', 'broken'])
  expect(await head.getAttribute('aria-sort')).toBe('ascending')
  await head.getByRole('button').click()
  await expect.poll(() => page.url()).toContain('sort=metrics.loss%3Adesc')
  await expect.poll(names).toEqual(['middle', 'best', 'broken'])

  await page.getByRole('switch', { name: 'Hide 1 equal column' }).click()
  await page.getByRole('columnheader', { name: 'seed' }).waitFor()
  await page.reload()
  await page.getByRole('columnheader', { name: 'seed' }).waitFor()
})

test('a filter narrows the rows; a wrong one is marked at its character and keeps them', async () => {
  const experiment = await newExperiment('filtering')
  for (const [i, model] of ['tree', 'tree', 'linear'].entries())
    await newRun(experiment, { name: `run-${i}`, metrics: { loss: i / 10 }, params: { model } })

  const page = await visit(`/experiments/${experiment}`, { allow: [/400 \(Bad Request\)/] })
  const box = page.getByRole('textbox', { name: 'Filter runs' })
  await box.fill("params.model = 'tree'")
  await page.keyboard.press('Enter')
  await page.getByText('2 of 3 runs').waitFor()

  await box.fill("params.model = 'tree' and metrics.loss >> 1")
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('at character').waitFor()
  await expect.poll(() => page.locator('.cm-lintRange-error').textContent()).toContain('>')
  expect(await page.getByRole('rowheader').count()).toBe(2)

  await page.getByRole('button', { name: 'Clear filter' }).click()
  await page.getByText('3 of 3 runs').waitFor()

  await box.fill('run-2')
  await page.keyboard.press('Enter')
  await page.getByText('1 of 3 runs').waitFor()
  await box.fill('zebra')
  await page.keyboard.press('Enter')
  await page.getByText('No run matches').waitFor()
})

test('the filter box completes fields, operators and values that the runs have', async () => {
  const experiment = await newExperiment('completing')
  await newRun(experiment, { params: { model: 'gradient boosting' }, metrics: { val_loss: 0.5 } })
  const page = await visit(`/experiments/${experiment}`)
  await page.getByRole('rowheader').waitFor()
  const box = page.getByRole('textbox', { name: 'Filter runs' })
  await box.click()
  await page.keyboard.type('par')
  await page.getByRole('option', { name: 'params.model' }).click()
  await page.keyboard.type(' = ')
  await page.getByRole('option', { name: "'gradient boosting'" }).click()
  await page.keyboard.press('Enter')
  await page.getByText('1 of 1 run').waitFor()
  expect(new URL(page.url()).searchParams.get('filter')).toBe("params.model = 'gradient boosting'")
})

test('what is typed before the filter editor has come counts, stays, and so does the caret', async () => {
  const experiment = await newExperiment('typing early')
  await newRun(experiment, { params: { model: 'tree' } })
  const page = await visit('/experiments')
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route('**/filter-editor*.js', async (route) => {
    await released
    await route.continue()
  })
  await page.goto(`/experiments/${experiment}`)
  await page.getByRole('rowheader').waitFor()
  await page.getByRole('textbox', { name: 'Filter runs' }).click()
  await page.keyboard.type("params.model = 'tree'")
  await page.keyboard.press('Enter')
  await page.getByText('1 of 1 run').waitFor()
  await page.keyboard.type(' and params.')
  release()
  await page.locator('#run-filter .cm-content').getByText('and params.').waitFor()
  await page.keyboard.type("model = 'tree'")
  await page.keyboard.press('Enter')
  const filter = () => new URL(page.url()).searchParams.get('filter')
  await expect.poll(filter).toBe("params.model = 'tree' and params.model = 'tree'")
})

test('pages follow as one scrolls, and only the rows on the screen are drawn', async () => {
  const experiment = await newExperiment('many')
  for (let batch = 0; batch < 23; batch++)
    await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        newRun(experiment, { name: `run-${batch * 10 + i}`, metrics: { loss: batch * 10 + i } }),
      ),
    )
  const page = await visit(`/experiments/${experiment}?sort=metrics.loss:asc`)
  await page.getByText('230 of 230 runs').waitFor()
  const table = page.getByRole('region', { name: 'Runs, scrolls both ways' })
  await page.getByRole('link', { name: 'run-0', exact: true }).waitFor()
  const last = page.getByRole('link', { name: 'run-229', exact: true })
  await expect
    .poll(
      async () => {
        await table.evaluate((element) => element.scrollTo(0, element.scrollHeight))
        return last.count()
      },
      { timeout: 20_000 },
    )
    .toBe(1)
  expect(await page.getByRole('rowheader').count()).toBeLessThan(80)
  await page.getByText('230 loaded').waitFor()
})

test('columns are chosen in the picker and travel in the address; ticked runs are compared', async () => {
  const experiment = await newExperiment('choosing')
  await newRun(experiment, { name: 'a', metrics: { loss: 0.1 }, params: { rate: '0.1' } })
  await newRun(experiment, { name: 'b', metrics: { loss: 0.2 }, params: { rate: '0.2' } })
  const page = await visit(`/experiments/${experiment}`)
  await page.getByRole('columnheader', { name: 'rate' }).waitFor()
  await page.getByRole('button', { name: /^Columns/ }).click()
  await page.getByRole('checkbox', { name: 'rate' }).click()
  await expect.poll(() => page.getByRole('columnheader', { name: 'rate' }).count()).toBe(0)
  expect(new URL(page.url()).searchParams.get('columns')).toBe('metrics.loss')
  await page.keyboard.press('Escape')

  await page.getByRole('checkbox', { name: 'Select all 2 loaded runs' }).click()
  await page.getByText('2 selected').waitFor()
  await page.getByRole('link', { name: 'Compare' }).click()
  await page.getByRole('heading', { name: '2 runs compared' }).waitFor()
  await page.getByRole('rowheader', { name: 'rate' }).waitFor()
})
