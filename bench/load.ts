import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import type { LoadName } from './load-requests.ts'
import { requestsOf } from './load-requests.ts'
import { runCommand } from './run-command.ts'

/** Requests of one kind, as many as go, over so many connections, for so long. */
export type Load = { name: LoadName; connections: number; seconds: number; ids: string[] }

export type LoadResult = {
  requests: number
  seconds: number
  p50: number
  p99: number
  errors: number
  first_error?: string
}

const luaFolder = fileURLToPath(new URL('lua', import.meta.url))
let wrkFound: boolean | undefined

async function hasWrk(): Promise<boolean> {
  wrkFound ??= await runCommand('which', ['wrk']).then(
    () => true,
    () => false,
  )
  return wrkFound
}

export const loadTool = async () => ((await hasWrk()) ? 'wrk' : 'autocannon')

export async function runLoad(base: string, authorization: string | undefined, load: Load): Promise<LoadResult> {
  return (await hasWrk()) ? runWrk(base, authorization, load) : runAutocannon(base, authorization, load)
}

async function runWrk(base: string, authorization: string | undefined, load: Load): Promise<LoadResult> {
  const words = authorization ? [`authorization=${authorization}`, ...load.ids] : load.ids
  const size = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--timeout', '30s', '--latency']
  const args = [...size, '-s', `${load.name}.lua`, base, '--', ...words]
  const out = await runCommand('wrk', args, { cwd: luaFolder, seconds: load.seconds + 60 })
  const line = /^result (.*)$/m.exec(out)?.[1]
  if (!line) throw new Error(`wrk gave no result: ${out}`)
  const counts = JSON.parse(line) as Record<
    'requests' | 'microseconds' | 'refused' | 'broken' | 'p50_us' | 'p99_us',
    number
  >
  const complaint = /^first-error (.*)$/m.exec(out)?.[1]
  return {
    requests: counts.requests - counts.refused,
    seconds: counts.microseconds / 1e6,
    p50: counts.p50_us / 1000,
    p99: counts.p99_us / 1000,
    errors: counts.refused + counts.broken,
    ...(complaint && { first_error: complaint }),
  }
}

async function runAutocannon(base: string, authorization: string | undefined, load: Load): Promise<LoadResult> {
  const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) }
  const { next, answered } = requestsOf(load.name, load.ids)
  let complaint: string | undefined
  const result = await autocannon({
    url: base,
    connections: load.connections,
    duration: load.seconds,
    timeout: 30,
    requests: [
      {
        method: 'POST',
        headers,
        setupRequest: (request) => ({ ...request, ...next() }),
        onResponse: (status, body) => {
          answered(status, body)
          if (status >= 300) complaint ??= `${status} ${body.slice(0, 300)}`
        },
      },
    ],
  })
  return {
    requests: result['2xx'],
    seconds: result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    errors: result.non2xx + result.errors + result.timeouts,
    ...(complaint && { first_error: complaint }),
  }
}

/** What the tool itself can do here: the same requests to a server that reads the body and answers `{}`. */
export async function ceiling(load: Load): Promise<LoadResult> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.setHeader('content-type', 'application/json').end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (!address || typeof address === 'string') throw new Error('No port')
  try {
    return await runLoad(`http://127.0.0.1:${address.port}`, undefined, load)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}
