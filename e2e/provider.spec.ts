import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startOidcProvider } from '../bff/test/oidc-provider.ts'
import { openBrowser, openPage } from './browser.ts'
import { axeProblems } from './fixtures.ts'
import { ADMIN, ADMIN_ENV } from './people.ts'
import { startAssay } from './program.ts'

/** A provider has to know beforehand where it sends people back to. */
async function freePort(): Promise<number> {
  const socket = createServer().listen(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address() as AddressInfo
  socket.close()
  await once(socket, 'close')
  return port
}

async function openStoryWithProvider() {
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const provider = await startOidcProvider(`${base}/auth/oidc/ministry/callback`, `${base}/sign-in`)
  const folder = await mkdtemp(join(tmpdir(), 'assay-provider-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'oidc.yaml')
  const { clientId, clientSecret } = provider.config()
  await writeFile(
    file,
    `providers:
  - id: ministry
    name: the ministry
    issuer: ${provider.issuer}
    client_id: ${clientId}
    client_secret: { variable: MINISTRY_SECRET }
`,
  )
  const [assay, browser] = await Promise.all([
    startAssay(['--auth=on', `--port=${port}`, `--public-url=${base}`, `--oidc=${file}`], {
      ...ADMIN_ENV,
      MINISTRY_SECRET: String(clientSecret),
    }),
    openBrowser(),
  ])
  onTestFinished(async () => {
    await browser.close()
    await assay.stop()
  })
  return { provider, visit: () => openPage(browser, base) }
}

test('somebody whom a provider knows signs in there, lands on the page they wanted, and has no access yet', async () => {
  const { provider, visit } = await openStoryWithProvider()
  provider.as({ sub: '17', preferred_username: 'carla', name: 'Carla of the ministry' })
  const { page, complaints } = await visit()
  await page.goto('/account/tokens')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(await axeProblems(page)).toEqual([])
  await page.getByRole('link', { name: 'Sign in with the ministry' }).click()
  await page.getByText('This one').waitFor()
  expect(new URL(page.url()).pathname).toBe('/account/tokens')
  await page.getByRole('navigation', { name: 'Main', exact: true }).getByText('Carla of the ministry').waitFor()
  await page.goto('/experiments')
  await page.getByText('No experiments yet').waitFor()
  expect(complaints).toEqual([])

  provider.as({ sub: '18', preferred_username: ADMIN })
  const { page: other } = await visit()
  await other.goto('/sign-in')
  await other.getByRole('link', { name: 'Sign in with the ministry' }).click()
  await other.getByRole('alert').waitFor()
  await other.getByText('There is an account with this name').waitFor()
  expect(await axeProblems(other)).toEqual([])
})
