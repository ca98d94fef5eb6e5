import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Program } from './process.ts'
import { freePort, startProgram, untilServed } from './process.ts'

/** A tracking server that runs beside the benchmark. */
export type Tracker = {
  url: string
  program: Program
  /** From the start of the process to the first answer of the API. */
  started_ms: number
  artifacts: string
  log: string
  stop(): Promise<void>
}

type Place = { artifacts: string; port: number; folder: string }

/** Starts a server on a free port, in a folder of its own, and waits for its first answer. */
export async function startTracker(name: string, launch: (place: Place) => Program): Promise<Tracker> {
  const folder = await mkdtemp(join(tmpdir(), `assay-bench-${name}-`))
  const place = { folder, artifacts: join(folder, 'artifacts'), port: await freePort() }
  const url = `http://127.0.0.1:${place.port}`
  const program = launch(place)
  const stop = async () => {
    await program.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const started_ms = await untilServed(`${url}/api/2.0/mlflow/experiments/search?max_results=1`, program)
    return { url, program, started_ms, artifacts: place.artifacts, log: join(folder, 'server.log'), stop }
  } catch (error) {
    await program.stop()
    throw new Error(`${name} did not start; see ${join(folder, 'server.log')}`, { cause: error })
  }
}

export type AssayOptions = { database?: string; node_args?: string[]; env?: NodeJS.ProcessEnv }

/** Assay from this checkout, on a Postgres database or on an embedded one. */
export const startAssay = (options: AssayOptions): Promise<Tracker> =>
  startTracker('assay', ({ artifacts, port, folder }) =>
    launchAssay({ ...options, port, artifacts, data: join(folder, 'data'), log: join(folder, 'server.log') }),
  )

/** The process alone: the kill test starts it again and again on the same port and data. */
export function launchAssay(o: AssayOptions & { port: number; artifacts: string; data: string; log: string }): Program {
  const main = fileURLToPath(new URL('../../bff/main.ts', import.meta.url))
  const where = ['--port', String(o.port), '--artifacts', o.artifacts, '--data', o.data]
  const inherited = Object.entries(process.env).filter(([name]) => !/^(ASSAY|MLFLOW)_/.test(name))
  const env = {
    ...Object.fromEntries(inherited),
    ASSAY_AUTH: 'off',
    ...(o.database && { ASSAY_DATABASE_URL: o.database }),
    ...o.env,
  }
  return startProgram(process.execPath, [...(o.node_args ?? []), main, 'serve', ...where], { log: o.log, env })
}
