import { startProgram } from './servers/process.ts'
import type { Tracker } from './servers/trackers.ts'
import { startTracker } from './servers/trackers.ts'

/** Tracking servers that Assay is held against. */
export type Peer = 'mlflow' | 'fasttrackml'

/** Each on a Postgres database of its own, with the settings it comes with. `program` is its executable. */
export const peers: Record<Peer, (program: string, database: string) => Promise<Tracker>> = {
  // mlflow==3.17.2 with psycopg2-binary; SQLAlchemy 2.1 would take `postgresql:` for psycopg 3
  mlflow: (program, database) =>
    startTracker('mlflow', ({ artifacts, port, folder }) => {
      const store = database.replace('postgresql://', 'postgresql+psycopg2://')
      const where = ['--host', '127.0.0.1', '--port', String(port), '--workers', '2']
      const args = ['server', '--backend-store-uri', store, '--artifacts-destination', artifacts, ...where]
      return startProgram(program, args, { log: `${folder}/server.log`, cwd: folder })
    }),
  // fasttrackml==0.6.0
  fasttrackml: (program, database) =>
    startTracker('fasttrackml', ({ artifacts, port, folder }) => {
      const where = ['--listen-address', `127.0.0.1:${port}`, '--default-artifact-root', artifacts]
      const args = ['server', '--database-uri', `${database}?sslmode=disable`, ...where]
      return startProgram(program, args, { log: `${folder}/server.log`, cwd: folder })
    }),
}
