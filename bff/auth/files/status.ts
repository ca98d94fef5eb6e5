import type { AuthEndpoints, Output } from '#contract'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'

type Status = Output<AuthEndpoints['getAccessFilesStatus']>

type ApplyRow = { applied_at: number; applied_by: string; digest: string; commit_id: string | null; summary: Summary }
type Summary = { changes: number; lines: string[] }
type WatchRow = { folder: string; checked_at: number; digest: string | null; error: string | null; drift: string[] }
type FileRow = { path: string; experiment_id: string | null; experiment: string | null; models: string[] }

/** How things stand with the access files. `isWatching`: whether this server was started to watch a folder. */
export async function readStatus(db: Db, isWatching: boolean): Promise<Status> {
  const apply = await row<ApplyRow>(
    db,
    sql`select (extract(epoch from applied_at) * 1000)::bigint as applied_at, applied_by, digest, commit_id, summary
        from access_applies order by apply_id desc limit 1`,
  )
  const watch = isWatching
    ? await row<WatchRow>(
        db,
        sql`select folder, (extract(epoch from checked_at) * 1000)::bigint as checked_at, digest, error, drift
            from access_watch`,
      )
    : undefined
  const files = await rows<FileRow>(
    db,
    sql`select path, experiment_id::text as experiment_id, experiment,
               array(select name from access_file_models m where m.path = f.path order by name) as models
        from access_files f order by path`,
  )
  const mails = await row<Status['mails']>(
    db,
    sql`select (count(*) filter (where sent_at is null and failed_at is null))::int as waiting,
               (count(*) filter (where failed_at is not null))::int as failed from mails`,
  )
  return {
    ...(apply && { last_apply: applyOf(apply) }),
    ...(watch && { watch: watchOf(watch) }),
    files: files.map(({ path, experiment_id, experiment, models }) => ({
      path,
      ...(experiment_id !== null && { experiment_id }),
      ...(experiment !== null && { experiment }),
      models,
    })),
    mails: mails!,
  }
}

const applyOf = ({ summary, commit_id, ...rest }: ApplyRow) => ({
  ...rest,
  ...(commit_id !== null && { commit_id }),
  changes: summary.changes,
  lines: summary.lines,
})

const watchOf = ({ digest, error, ...rest }: WatchRow) => ({
  ...rest,
  ...(digest !== null && { digest }),
  ...(error !== null && { error }),
})
