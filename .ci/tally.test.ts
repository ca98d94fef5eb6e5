import { describe, expect, test } from 'vitest'
import { tally } from './tally.ts'

const step = { name: 'a step', seconds: 61, exit: 0, report: undefined, vitest: false }
const report = (...statuses: string[]) => ({
  success: !statuses.includes('failed'),
  testResults: [
    { name: 'a.test.ts', assertionResults: statuses.map((status, i) => ({ fullName: `test ${i}`, status })) },
  ],
})
const tests = (...statuses: string[]) => ({ ...step, vitest: true, report: report(...statuses) })

describe('the closing line', () => {
  test.each([
    { why: 'a step counts once', steps: [step, step], line: '2 passed, 0 failed' },
    { why: 'a failed step too', steps: [step, { ...step, exit: 1 }], line: '1 passed, 1 failed' },
    { why: 'tests count one by one', steps: [step, tests('passed', 'passed', 'failed')], line: '3 passed, 1 failed' },
    { why: 'a run that died fails', steps: [{ ...tests('passed'), exit: 134 }], line: '1 passed, 1 failed' },
    { why: 'a run without a report fails', steps: [{ ...step, vitest: true }], line: '0 passed, 1 failed' },
    { why: 'a run of no test fails', steps: [tests()], line: '0 passed, 1 failed' },
    {
      why: 'skipped here, run there',
      steps: [tests('passed', 'skipped'), tests('skipped', 'passed')],
      line: '2 passed, 0 failed',
    },
    {
      why: 'skipped everywhere',
      steps: [tests('passed', 'skipped'), tests('passed', 'skipped')],
      line: '2 passed, 1 failed',
    },
  ])('$why', ({ steps, line }) => {
    const { lines, failed } = tally(steps, 100)
    expect(lines.at(-1)).toBe(line)
    expect(failed > 0).toBe(!line.endsWith(' 0 failed'))
  })
})

test('the table says where the time went', () => {
  const { lines } = tally([step, { ...step, name: 'another', seconds: 3599 }], 3660)
  expect(lines[0]).toMatch(/^ {2}1:01 {2}a step .* 1 passed {4}0 failed$/)
  expect(lines[1]).toMatch(/^ 59:59 {2}another/)
  expect(lines[2]).toMatch(/^ 61:00 {2}all, /)
})
