import type { Int64 } from '#contract'
import { ApiError } from '#contract'
import type { PoolDb } from '#kit/db.ts'
import type { Db } from '#kit/sql.ts'
import { rows, sql } from '#kit/sql.ts'
import type { FoundModel } from './require.ts'
import { DELETED, findModel, lockModel, noSuchModel, noSuchVersion } from './require.ts'

/** Where something is to be: an alias at a version, a version in a stage. An alias that goes nowhere is no more. */
export type Move = { what: 'alias' | 'stage'; subject: string; to: string | null }

type Asked = Move & { from: string | null; overtaken: boolean }

/**
 * A write that moves aliases or stages of a model: every such write goes through here, so whoever must agree to a move is
 * asked in `carryOut` and nowhere else.
 *
 * Two that overlap and disagree never both succeed. MLflow's clients do not say what they believe to be there, so what counts is
 * how things stood when the request came: what was moved elsewhere between then and the model's lock was moved by someone whose
 * work would be undone unseen. The later one is told so, and changes nothing.
 */
export async function moving<T>(
  database: PoolDb,
  { name, version }: { name: string; version?: string },
  work: (db: Db, model: FoundModel, move: (moves: readonly Move[]) => Promise<void>) => Promise<T>,
): Promise<T> {
  const seen = await findModel(database, name)
  return database.transaction(async (db) => {
    const model = await lockModel(db, name, version === undefined ? noSuchModel(name) : noSuchVersion(name, version))
    const since = seen?.model_no === model.model_no ? seen.moves : 0
    return work(db, model, (moves) => carryOut(db, { ...model, name }, since, moves))
  })
}

async function carryOut(db: Db, model: FoundModel & { name: string }, since: Int64, moves: readonly Move[]) {
  const asked = await lookUp(db, model.model_no, since, moves)
  const pending = asked.filter(({ from, to }) => from !== to)
  const overtaken = pending.find((move) => move.overtaken)
  if (overtaken) throw overtakenBy(model.name, overtaken)
  const now = Date.now()
  await placeAliases(db, model.model_no, pending)
  await placeVersions(db, model.model_no, pending, now)
  await db.query(
    sql`insert into registry_moves (model_no, move_no, what, subject, from_place, to_place, moved_at)
        select ${model.model_no}, ${model.moves} + n, what, subject, from_place, to_place, ${now}
        from unnest(${asked.map((m) => m.what)}::text[], ${asked.map((m) => m.subject)}::text[],
                    ${asked.map((m) => m.from)}::text[], ${asked.map((m) => m.to)}::text[])
             with ordinality as moved (what, subject, from_place, to_place, n)`,
  )
  await db.query(
    sql`update registered_models set moves = moves + ${asked.length}, last_updated_timestamp = ${now}
        where model_no = ${model.model_no}`,
  )
}

/** Where things are, and whether someone asked for another place after the move numbered `since`. */
const lookUp = (db: Db, model_no: Int64, since: Int64, moves: readonly Move[]) =>
  rows<Asked>(
    db,
    sql`select asked.what, asked.subject, asked.to_place as "to", coalesce(a.version::text, v.current_stage) as "from",
               exists (select from registry_moves h where h.model_no = ${model_no} and h.move_no > ${since}
                       and h.what = asked.what and h.subject = asked.subject) as overtaken
        from unnest(${moves.map((m) => m.what)}::text[], ${moves.map((m) => m.subject)}::text[], ${moves.map((m) => m.to)}::text[])
             with ordinality as asked (what, subject, to_place, n)
        left join registered_model_aliases a on asked.what = 'alias' and a.model_no = ${model_no} and a.alias = asked.subject
        left join model_versions v on v.model_no = ${model_no} and v.version = case asked.what when 'stage' then asked.subject::int end
        order by asked.n`,
  )

/** Those of one kind that go somewhere. */
const going = (pending: readonly Asked[], what: Move['what']) =>
  pending.flatMap((move) => (move.what === what && move.to !== null ? [{ ...move, to: move.to }] : []))

async function placeAliases(db: Db, model_no: Int64, pending: readonly Asked[]) {
  const set = going(pending, 'alias')
  const gone = pending.flatMap(({ what, subject, to }) => (what === 'alias' && to === null ? [subject] : []))
  await db.query(
    sql`delete from registered_model_aliases where model_no = ${model_no} and alias = any(${gone}::text[])`,
  )
  await db.query(
    sql`insert into registered_model_aliases (model_no, alias, version)
        select ${model_no}, * from unnest(${set.map((m) => m.subject)}::text[], ${set.map((m) => m.to)}::int[])
        on conflict (model_no, alias) do update set version = excluded.version`,
  )
}

async function placeVersions(db: Db, model_no: Int64, pending: readonly Asked[], now: number) {
  const set = going(pending, 'stage')
  await db.query(
    sql`update model_versions v set current_stage = moved.stage, last_updated_timestamp = ${now}
        from unnest(${set.map((m) => m.subject)}::int[], ${set.map((m) => m.to)}::text[]) as moved (version, stage)
        where v.model_no = ${model_no} and v.version = moved.version`,
  )
}

function overtakenBy(name: string, { what, subject, from }: Asked) {
  const found =
    what === 'alias'
      ? `The alias '${subject}' of '${name}' was ${from === null ? 'removed' : `set to version ${from}`}`
      : `Version ${subject} of '${name}' was ${from === DELETED ? 'deleted' : `put into the stage ${from}`}`
  return new ApiError(
    'RESOURCE_CONFLICT',
    `${found} by another request while this one was under way. Nothing was changed: look at it, and ask again if you still want to.`,
    { details: { [what]: subject, now_at: from ?? '' } },
  )
}
