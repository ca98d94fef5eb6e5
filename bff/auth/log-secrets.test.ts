import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from '../test/ask.ts'
import { startAssay } from '../test/process.ts'

test('no secret that goes through the server is in what it writes', async () => {
  const data = await mkdtemp(join(tmpdir(), 'assay-'))
  onTestFinished(() => rm(data, { recursive: true, force: true }))
  const password = 'planted basalt ferry 48'
  const assay = startAssay(['serve', '--auth=on', '--port=0', '--log-level=trace', `--data=${data}`], {
    ASSAY_ADMIN_USERNAME: 'root',
    ASSAY_ADMIN_PASSWORD: password,
  })
  const base = await assay.url()
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    ask(`${base}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })

  const signedIn = await post('/api/assay/session', { username: 'root', password })
  expect(signedIn.status).toBe(200)
  const cookie = signedIn.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  const csrf = (signedIn.json as { csrf_token: string }).csrf_token
  const made = await post('/api/assay/tokens', { name: 'planted' }, { cookie, 'x-assay-csrf': csrf })
  const { token } = made.json as { token: string }
  expect(token).toMatch(/^mlt_/)
  const basic = Buffer.from(`root:${password}`).toString('base64')
  const wrong = 'planted wrong password 1'
  const secrets = [
    password,
    token,
    cookie.split('=')[1]!,
    csrf,
    basic,
    wrong,
    'planted-in-a-query',
    'planted-in-a-path',
    'planted-param',
  ]

  for (const authorization of [
    `Bearer ${token}`,
    `Basic ${basic}`,
    `Bearer ${token}x`,
    `Basic ${Buffer.from(`root:${wrong}`).toString('base64')}`,
  ]) {
    await post('/api/2.0/mlflow/experiments/search', {}, { authorization })
    await post(
      '/api/2.0/mlflow/runs/log-parameter',
      { run_id: 'x', key: 'api_key', value: 'planted-param' },
      { authorization },
    )
    await ask(`${base}/api/2.0/mlflow/runs/get?run_id=1&token=planted-in-a-query`, { headers: { authorization } })
    await ask(`${base}/api/assay/links/planted-in-a-path`, { headers: { authorization } })
    await ask(`${base}/nowhere/planted-in-a-path?${token}`, { headers: { authorization, cookie } })
  }
  await post('/api/assay/session', { username: wrong, password: wrong })
  await post(
    '/api/assay/password',
    { current_password: password, new_password: wrong },
    { cookie, 'x-assay-csrf': csrf },
  )

  assay.child.kill('SIGTERM')
  expect(await assay.exited).toBe(0)
  const written = assay.printed() + assay.said()
  // the requests are there
  expect(written).toContain('/api/2.0/mlflow/runs/log-parameter')
  expect(secrets.filter((secret) => written.includes(secret))).toEqual([])
})
