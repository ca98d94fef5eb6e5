import { expect, test } from 'vitest'
import { createRun, getRun } from '#contract'
import { ask } from '../bff/test/ask.ts'
import { testServer } from '../bff/test/server.ts'
import { call } from '../web/lib/client.ts'
import { hostileRequests } from './hostile.ts'

const server = testServer()

test('what is meant to cost the server much is answered or refused, and never fails it', {
  timeout: 300_000,
}, async () => {
  const { run } = await call(createRun, { run_name: 'target' }, server)
  const headers = { 'content-type': 'application/json' }
  const failed: string[] = []
  for (const { why, method, path, body = '' } of hostileRequests(run.info.run_id)) {
    const length = { 'content-length': String(Buffer.byteLength(body)) }
    const { status = 0, text } = await ask(server.base + path, { method, body, headers: { ...headers, ...length } })
    if (status < 200 || status >= 500) failed.push(`${why}: ${status} ${text.slice(0, 200)}`)
  }
  expect(failed).toEqual([])
  expect((await call(getRun, { run_id: run.info.run_id }, server)).run.info.run_name).toBe('target')
})
