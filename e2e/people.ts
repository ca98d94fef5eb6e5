import type { Page } from 'playwright-core'
import { beforeAll } from 'vitest'
import type { Call } from '#contract'
import { createUser, endSessions, followLink, giveAccess, takeAccess } from '#contract'
import { openStoryOf } from './fixtures.ts'

const PASSWORD = 'plum basalt ferry 48'
export const ADMIN = 'platform-admin'

/** Makes the administrator at the first start. */
export const ADMIN_ENV = { ASSAY_ADMIN_USERNAME: ADMIN, ASSAY_ADMIN_PASSWORD: PASSWORD }

const basic = (username: string) => ({ authorization: `Basic ${btoa(`${username}:${PASSWORD}`)}` })

/** What a story with sign-in has beside the rest: an administrator, and people whose password is known. */
export function openStoryWithPeople(...usernames: string[]) {
  const story = openStoryOf({
    flags: ['--auth=on'],
    env: ADMIN_ENV,
    headers: basic(ADMIN),
  })
  beforeAll(async () => {
    for (const username of usernames) {
      const { link = '' } = await story.ask(createUser, { username })
      await story.ask(followLink, { secret: secretOf(link), password: PASSWORD }, {})
    }
  })

  /** A page as somebody sees it who has just signed in there. */
  const visitAs = async (username: string, path: string, options: Parameters<typeof story.visit>[1] = {}) => {
    const page = await story.visit(path, options)
    await signIn(page, username)
    return page
  }

  type Access = Omit<Call<typeof giveAccess>, 'resource_type' | 'resource_id'>
  const on = (experiment: string) => ({ resource_type: 'experiment', resource_id: experiment }) as const

  return {
    ...story,
    visitAs,
    give: (experiment: string, access: Access) => story.ask(giveAccess, { ...on(experiment), ...access }),
    take: (experiment: string, access: Access) => story.ask(takeAccess, { ...on(experiment), ...access }),
    /** Ends all sessions of somebody, as if they had run out. */
    endSessionsOf: (username: string) => story.ask(endSessions, {}, basic(username)),
  }
}

const secretOf = (link: string): string => new URL(link, 'http://any.invalid').hash.slice(1)

export async function signIn(page: Page, username: string, password = PASSWORD) {
  await page.getByLabel('User name').fill(username)
  await enterPassword(page, password)
}

export async function enterPassword(page: Page, password = PASSWORD) {
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}
