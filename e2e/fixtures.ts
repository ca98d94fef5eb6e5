import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { Call, Endpoint, Output } from '#contract'
import { createExperiment, createRun, logBatch, updateRun } from '#contract'
import { call } from '../web/lib/client.ts'
import { openBrowser, openPage } from './browser.ts'
import type { RunningProgram } from './program.ts'
import { startAssay } from './program.ts'

type Points = readonly (readonly [step: number, value: number])[]
type RunPlan = {
  name?: string
  metrics?: Record<string, number | Points>
  params?: Record<string, string>
  tags?: Record<string, string>
  status?: 'FINISHED' | 'FAILED' | 'RUNNING'
}

/** Fixed, so that screens are the same on every day: 20 November 2026. */
const START = Date.UTC(2026, 10, 20, 9)

/**
 * What a story has: the real program with a database of its own, a browser, and ways to arrange things through the API.
 * A story in which the browser complains (console error, page error, report of the content security policy) fails.
 */
export const openStory = (...flags: string[]) => openStoryOf({ flags })

type Start = {
  flags: readonly string[]
  env?: Record<string, string>
  /** of the calls that arrange things */
  headers?: Record<string, string>
}

export function openStoryOf({ flags, env = {}, headers = {} }: Start) {
  let assay: RunningProgram
  let browser: Browser
  let open: { page: Page; complaints: string[]; allowed: RegExp[] }[] = []
  let started = 0

  beforeAll(async () => {
    const [program, opened] = await Promise.all([startAssay(flags, env), openBrowser()])
    assay = program
    browser = opened
  })
  afterAll(async () => {
    await browser?.close()
    await assay?.stop()
  })
  afterEach(async () => {
    const visits = open
    open = []
    await Promise.all(visits.map(({ page }) => page.context().close()))
    for (const { complaints, allowed } of visits)
      expect(complaints.filter((text) => !allowed.some((pattern) => pattern.test(text)))).toEqual([])
  })

  /** A call of the API that arranges things; as somebody else where headers say so. */
  const ask = <E extends Endpoint>(endpoint: E, input: Call<E>, as = headers): Promise<Output<E>> =>
    call(endpoint, input, { base: assay.url, headers: as })

  const visit = async (
    path: string,
    { allow = [] as RegExp[], ...context }: { allow?: RegExp[] } & BrowserContextOptions = {},
  ) => {
    const { page, complaints } = await openPage(browser, assay.url, { locale: 'en-GB', timezoneId: 'UTC', ...context })
    open.push({ page, complaints, allowed: allow })
    await page.addInitScript(watchLayout)
    // below a prefix the address of the server has a path of its own
    await page.goto(assay.url + path)
    return page
  }

  const newExperiment = async (name: string, tags: Record<string, string> = {}) =>
    (await ask(createExperiment, { name, tags: pairs(tags) })).experiment_id

  const newRun = async (experiment_id: string, plan: RunPlan = {}) => {
    started += 1
    const start_time = START + started * 60_000
    const { run } = await ask(createRun, { experiment_id, run_name: plan.name, start_time, tags: pairs(plan.tags) })
    const { run_id } = run.info
    await log(run_id, plan, start_time)
    const { status = 'FINISHED' } = plan
    if (status !== 'RUNNING') await ask(updateRun, { run_id, status, end_time: start_time + 90_000 })
    return run_id
  }

  const log = async (run_id: string, { metrics = {}, params = {} }: RunPlan, timestamp: number) => {
    const points = Object.entries(metrics).flatMap(([key, value]) =>
      (typeof value === 'number' ? [[0, value] as const] : value).map(([step, value]) => ({
        key,
        value: Number.isFinite(value) ? value : String(value),
        step,
        timestamp: timestamp + step * 1000,
      })),
    )
    let left: Call<typeof logBatch>['params'] = pairs(params)
    do {
      await ask(logBatch, { run_id, metrics: points.splice(0, 900), params: left })
      left = []
    } while (points.length > 0)
  }

  const newArtifact = async (
    experiment_id: string,
    run_id: string,
    path: string,
    content: string | Uint8Array<ArrayBuffer>,
  ) => {
    const response = await fetch(
      `${assay.url}/api/2.0/mlflow-artifacts/artifacts/${experiment_id}/${run_id}/artifacts/${path}`,
      { method: 'PUT', body: content, headers },
    )
    expect(response.status).toBe(200)
  }

  return { visit, ask, newExperiment, newRun, newArtifact, printed: () => assay.printed() }
}

/** Runs in the page, before anything of it: adds up what moved without the reader's doing. */
function watchLayout() {
  const shifts: number[] = []
  Object.assign(window, { shifts })
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if ('value' in entry && typeof entry.value === 'number') shifts.push(entry.value)
  }).observe({ type: 'layout-shift', buffered: true })
}

/** The cumulative layout shift since the page was opened; browsers call less than 0.1 good. */
export const layoutShift = (page: Page): Promise<number> =>
  page.evaluate(() => (window as unknown as { shifts: number[] }).shifts.reduce((sum, shift) => sum + shift, 0))

const pairs = (values: Record<string, string> = {}) => Object.entries(values).map(([key, value]) => ({ key, value }))

/** A curve of `count` points. */
export const curve = (count: number, value: (step: number) => number): Points =>
  Array.from({ length: count }, (_, step) => [step, value(step)] as const)

/** What axe finds on the page as it stands, one line a rule. */
export async function axeProblems(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} ${failureSummary ?? ''}`).join(' | ')}`,
  )
}

/** How far the page is wider than the screen; more than 0 and it scrolls sideways. */
export const widerThanScreen = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
