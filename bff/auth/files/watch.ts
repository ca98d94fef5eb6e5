import { ApiError } from '#contract'
import type { Log } from '#kit/log.ts'
import { repeat } from '#kit/repeat.ts'
import { sql } from '#kit/sql.ts'
import type { FilesParts } from './apply.ts'
import { applyFiles, planFiles } from './apply.ts'
import { lineOf } from './changes.ts'
import { commitOf, digestOf, readFolder } from './folder.ts'

export type WatchConfig = { folder: string; everyMs: number }

const DRIFT_KEPT = 100

type Seen = { digest: string | undefined; error: string | undefined; drift: string[] }

/**
 * Applies a folder that others update. Only what was the same twice in a row: a checkout that is under way is not taken for its
 * end. Several servers may watch; each apply waits for the one before, and then finds nothing left to do.
 */
export function openWatch(parts: FilesParts & { log: Log }, { folder, everyMs }: WatchConfig) {
  let before: string | undefined
  let told: string | undefined

  async function look(): Promise<Seen> {
    let digest: string | undefined
    try {
      const texts = await readFolder(folder)
      digest = digestOf(texts)
      const isStable = digest === before
      before = digest
      if (!isStable) return { digest, error: undefined, drift: driftOf(await planFiles(parts, texts)) }
      const commit_id = await commitOf(folder)
      const plan = await applyFiles(parts, texts, { by: '', commit_id, confirm: false })
      if (plan.changes.length) parts.log.info({ folder, digest, changes: plan.changes.length }, 'access files applied')
      return { digest, error: undefined, drift: [] }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { digest, error: error.message, drift: await drift(digest) }
    }
  }

  /** How far it is from what is not applied, if that can be said. */
  async function drift(digest: string | undefined): Promise<string[]> {
    if (digest === undefined) return []
    return planFiles(parts, await readFolder(folder)).then(driftOf, () => [])
  }

  const watching = repeat({
    everyMs,
    atOnce: true,
    async work() {
      const seen = await look()
      if (seen.error !== told && seen.error)
        parts.log.warn({ folder, reason: seen.error }, 'access files are not applied')
      told = seen.error
      await note(parts, folder, seen)
    },
    failed: (error) => parts.log.error({ err: error, folder }, 'access files could not be looked at'),
  })
  return watching
}

const driftOf = ({ changes, takesOver }: Awaited<ReturnType<typeof planFiles>>) =>
  [...changes, ...takesOver].slice(0, DRIFT_KEPT).map(lineOf)

/** What any server answers who is asked. */
const note = ({ database }: FilesParts, folder: string, { digest, error, drift }: Seen) =>
  database.query(
    sql`insert into access_watch (folder, checked_at, digest, error, drift)
        values (${folder}, now(), ${digest ?? null}, ${error ?? null}, ${drift}::text[])
        on conflict (only_row) do update set folder = excluded.folder, checked_at = excluded.checked_at,
          digest = excluded.digest, error = excluded.error, drift = excluded.drift`,
  )
