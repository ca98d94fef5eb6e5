import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { chromium } from 'playwright-core'

const executablePath = process.env.ASSAY_TEST_CHROMIUM ?? '/usr/bin/chromium'

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: ['--disable-background-networking', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  })

export type Visit = {
  page: Page /** What a reader must never cause: errors, and reports of the content security policy. */
  complaints: string[]
}

export async function openPage(browser: Browser, baseURL: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const viewport = { width: 1440, height: 900 }
  const context = await browser.newContext({ baseURL, acceptDownloads: true, viewport, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.text().includes('Content Security Policy'))
      complaints.push(message.text())
  })
  return { page, complaints }
}
