import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { halfUpload } from './test/half-upload.ts'
import { startAssay } from './test/process.ts'

/** Without a database, so that a start is quick; each has a folder of its own. */
const artifactsOnly = () => [
  'serve',
  '--port=0',
  '--artifacts-only',
  `--artifacts=${mkdtempSync(join(tmpdir(), 'assay-main-'))}`,
]

const beginUpload = (url: string, name: string, size: number) =>
  halfUpload(`${url}/api/2.0/mlflow-artifacts/artifacts/7/x/${name}`, Buffer.alloc(size, 'a'))

const refused = async (url: string) => {
  const { port } = new URL(url)
  for (;;) {
    const socket = connect(Number(port), '127.0.0.1')
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (!open) return
  }
}

describe('asked to stop', () => {
  test('it finishes 50 requests that are under way, closes idle connections and leaves with 0', async () => {
    const assay = startAssay(artifactsOnly())
    const url = await assay.url()
    const idle = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1')
        socket.write('GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n')
        await once(socket, 'data')
        return socket
      }),
    )
    const sizes = Array.from({ length: 50 }, (_, i) => (i < 5 ? 8 * 1024 * 1024 : 1000))
    const uploads = await Promise.all(sizes.map((size, i) => beginUpload(url, `f${i}`, size)))

    assay.child.kill('SIGTERM')
    await refused(url)
    await Promise.all(idle.map((socket) => socket.closed || once(socket, 'close')))
    const statuses = await Promise.all(uploads.map((upload) => upload.finish()))
    expect(statuses).toEqual(sizes.map(() => 200))
    expect(await assay.exited).toBe(0)
  })

  test('it is not ready at once, and serves on for as long as a load balancer needs', async () => {
    const assay = startAssay([...artifactsOnly(), '--stop-delay=2'])
    const url = await assay.url()
    expect((await fetch(`${url}/ready`)).status).toBe(200)
    assay.child.kill('SIGTERM')
    let status = 200
    while (status === 200) ({ status } = await fetch(`${url}/ready`))
    expect(status).toBe(503)
    const last = await fetch(`${url}/version`)
    expect(last.status).toBe(200)
    expect(last.headers.get('connection')).toBe('close')
    expect(await assay.exited).toBe(0)
  })

  test('twice, it leaves at once with 1', async () => {
    const assay = startAssay(artifactsOnly())
    const url = await assay.url()
    await beginUpload(url, 'never', 1000)
    assay.child.kill('SIGINT')
    await refused(url)
    assay.child.kill('SIGTERM')
    expect(await assay.exited).toBe(1)
    await assay.logs({ msg: 'asked to stop again: leaving at once' })
  })

  test('it does not wait for ever', async () => {
    const assay = startAssay([...artifactsOnly(), '--stop-timeout=1'])
    await beginUpload(await assay.url(), 'never', 1000)
    assay.child.kill('SIGTERM')
    expect(await assay.exited).toBe(1)
  })
})

test('a database brought up to date beforehand is served, and keeps what was logged before a stop', async () => {
  const folder = `--data=${mkdtempSync(join(tmpdir(), 'assay-main-'))}`
  const upgrade = startAssay(['db', 'upgrade', folder])
  expect(await upgrade.exited).toBe(0)
  expect(upgrade.said()).toBe('The database is up to date.')

  const first = startAssay(['serve', '--port=0', '--no-migrate', folder])
  const created = await fetch(`${await first.url()}/api/2.0/mlflow/experiments/create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"name": "kept"}',
  })
  expect(created.status).toBe(200)
  first.child.kill('SIGTERM')
  expect(await first.exited).toBe(0)

  const second = startAssay(['serve', '--port=0', folder])
  const found = await fetch(`${await second.url()}/api/2.0/mlflow/experiments/get-by-name?experiment_name=kept`)
  expect(found.status).toBe(200)
}, 120_000)

describe('with workers', () => {
  test('one that dies is replaced, and all stop together', async () => {
    const assay = startAssay([...artifactsOnly(), '--workers=2'])
    const url = await assay.url()
    const { pid } = await assay.logs({ msg: 'a worker starts', worker: 2 })
    process.kill(Number(pid), 'SIGKILL')
    await assay.logs({ msg: 'a worker ended', pid })
    await assay.logs({ msg: 'a worker starts', worker: 3 })
    expect((await fetch(`${url}/version`)).status).toBe(200)
    const upload = await beginUpload(url, 'f', 1000)
    assay.child.kill('SIGTERM')
    await refused(url)
    expect(await upload.finish()).toBe(200)
    expect(await assay.exited).toBe(0)
  })

  test('the metrics are those of all of them', async () => {
    const assay = startAssay([...artifactsOnly(), '--workers=2'])
    const url = await assay.url()
    await assay.logs({ msg: 'a worker starts', worker: 2 })
    for (let i = 0; i < 10; i++) await fetch(`${url}/version`, { headers: { connection: 'close' } })
    const metrics = await (await fetch(`${url}/metrics`)).text()
    const counted = metrics.match(/^assay_http_request_duration_seconds_count\{[^}]*status="200"[^}]*\} (\d+)/m)
    expect(Number(counted?.[1])).toBeGreaterThanOrEqual(10)
  })

  test('a start that fails is said once, and not tried again', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    const assay = startAssay([...artifactsOnly(), `--port=${port}`, '--workers=2'])
    expect(await assay.exited).toBe(1)
    expect(assay.said()).toBe(
      `Port ${port} of 127.0.0.1 is taken by another program. Choose one with --port, or --port=0 for any.`,
    )
    taken.close()
  })
})

describe('commands', () => {
  test.each([
    { why: 'help', argv: ['help'], code: 0, prints: /assay serve.*--stop-timeout SECONDS/s },
    { why: 'no command', argv: [], code: 0, prints: /assay serve/ },
    { why: '--help after a command', argv: ['serve', '--help'], code: 0, prints: /ASSAY_DATABASE_URL/ },
    { why: 'the table of settings', argv: ['help', 'config'], code: 0, prints: /^\| Flag \| Variables/ },
    { why: 'version', argv: ['version'], code: 0, prints: /^assay \d+\.\d+\.\d+/ },
    {
      why: 'an unknown command',
      argv: ['sevre'],
      code: 2,
      says: /"sevre" is no command\. Did you mean `assay serve`\?/,
    },
    { why: 'a core without a secret', argv: ['core'], code: 2, says: /^assay core: set ASSAY_CORE_SECRET/ },
    {
      why: 'wrong settings, all at once',
      argv: ['serve', '--port=x', '--host=0.0.0.0', '--zzz'],
      code: 2,
      says: /--zzz.*\n--port=x.*\n--host=0.0.0.0/,
    },
    {
      why: 'an address of another machine',
      argv: [...artifactsOnly(), '--host=192.0.2.1', '--insecure-host'],
      code: 1,
      says: /192\.0\.2\.1 is no address of this machine/,
    },
  ])('$why → $code', async ({ argv, code, prints = /^$/, says = /^$/ }) => {
    const assay = startAssay(argv)
    expect(await assay.exited).toBe(code)
    expect(assay.printed()).toMatch(prints)
    expect(assay.said()).toMatch(says)
  })

  test('the settings can be shown, without their secrets', async () => {
    const assay = startAssay(['serve', '--print-config'], { ASSAY_DATABASE_URL: 'postgresql://me:geheim@db/x' })
    expect(await assay.exited).toBe(0)
    expect(assay.printed()).toContain('postgresql://me:***@db/x')
    expect(assay.printed()).not.toContain('geheim')
  })

  test('a database that is not there is said in a line, without the password', async () => {
    const assay = startAssay(['serve', '--port=0'], { ASSAY_DATABASE_URL: 'postgresql://me:geheim@127.0.0.1:1/x' })
    expect(await assay.exited).toBe(1)
    expect(assay.said()).toMatch(/^Assay could not start: .*ECONNREFUSED/)
    expect(assay.said() + assay.printed()).not.toContain('geheim')
  })
})
