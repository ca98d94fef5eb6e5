import { expect, test } from 'vitest'
import { curve, openStory } from './fixtures.ts'

const { visit, newExperiment, newRun } = openStory()

test('a long curve keeps its extremes, zooms by asking again, and reads as a table', async () => {
  const run = await newRun(await newExperiment('curves'), {
    metrics: {
      loss: curve(2000, (step) => (step === 1234 ? 9 : 1 / (step + 1))),
      'val/acc': curve(5, (step) => step / 10),
    },
  })
  const page = await visit(`/runs/${run}/metrics`)
  const loss = page.getByRole('figure', { name: 'loss' })
  const picture = loss.getByRole('img', { name: 'loss goes from' })
  await loss.getByText('2,000 points, lowest and highest').waitFor()
  await expect.poll(() => picture.getAttribute('aria-label')).toContain('highest 9')
  await page.getByRole('heading', { name: 'val', exact: true }).waitFor()

  const box = await picture.boundingBox()
  if (!box) throw new Error('the chart has no place on the page')
  await page.mouse.move(box.x + box.width * 0.4, box.y + 80)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.5, box.y + 80, { steps: 8 })
  await page.mouse.up()
  await expect.poll(() => new URL(page.url()).searchParams.get('zoom')).toMatch(/^\d+\.\.\d+$/)
  await expect.poll(() => loss.textContent()).not.toContain('2,000 points')
  const [from = 0, to = 0] = (new URL(page.url()).searchParams.get('zoom') ?? '').split('..').map(Number)
  expect(to - from).toBeLessThan(500)

  await page.reload()
  await page.getByRole('button', { name: 'Reset zoom' }).click()
  await loss.getByText('2,000 points').waitFor()
  await loss.getByRole('button', { name: 'Show as table' }).click()
  await loss.getByRole('columnheader', { name: 'Highest' }).waitFor()
  expect(await loss.getByRole('row').count()).toBeGreaterThan(100)
})

test('what is not a number is shown and counted, by step, by time and on a log axis', async () => {
  const run = await newRun(await newExperiment('breaking'), {
    metrics: {
      loss: [
        [0, 1],
        [1, 0.5],
        [2, Number.NaN],
        [3, Infinity],
        [4, 0.25],
      ],
      last: 0.75,
    },
  })
  const page = await visit(`/runs/${run}/metrics`)
  const loss = page.getByRole('figure', { name: 'loss' })
  await loss.getByText('1 not a number').waitFor()
  await expect
    .poll(() => loss.locator('path > title').allTextContents())
    .toEqual([expect.stringContaining('NaN from 2'), expect.stringContaining('∞ from 3')])
  await page.getByRole('figure', { name: 'last' }).getByText('0.75').waitFor()
  await page.getByText('Time', { exact: true }).click()
  await loss.getByText('by time').waitFor()
  await page.getByRole('switch', { name: 'Log scale' }).click()
  await loss.getByText('by time, log').waitFor()
  await loss.getByRole('button', { name: 'Show as table' }).click()
  await loss.getByRole('cell', { name: 'NaN' }).first().waitFor()
})

test('a chart zooms by the keyboard', async () => {
  const run = await newRun(await newExperiment('keys'), { metrics: { loss: curve(1000, (step) => step) } })
  const page = await visit(`/runs/${run}/metrics`)
  const loss = page.getByRole('figure', { name: 'loss' })
  await loss.getByText('1,000 points').waitFor()
  await loss.focus()
  await page.keyboard.press('+')
  await loss.getByText(/^50\d points/).waitFor()
  await page.keyboard.press('0')
  await loss.getByText('1,000 points').waitFor()
})
