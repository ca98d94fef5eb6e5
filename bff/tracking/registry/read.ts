import type { Int64 } from '#contract'
import { STAGES } from '#contract'
import { RawJson } from '#kit/route.ts'
import type { Db, Sql } from '#kit/sql.ts'
import { raw, sql } from '#kit/sql.ts'

/** The tags in a table, for one owner, as a JSON list. */
const tagsOf = (table: string, owned: string) =>
  `(select coalesce(json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key), '[]') from ${table} t where ${owned})`

/** A version `v` of the model `m` in the words of the wire. Printed by Postgres: a page may have thousands. */
const VERSION = raw(`json_strip_nulls(json_build_object(
  'name', m.name, 'version', v.version::text,
  'creation_timestamp', v.creation_timestamp, 'last_updated_timestamp', v.last_updated_timestamp,
  'current_stage', v.current_stage, 'description', v.description, 'source', v.source,
  'run_id', v.run_id, 'run_link', v.run_link, 'status', 'READY', 'model_id', v.model_id,
  'tags', ${tagsOf('model_version_tags', 't.version_no = v.version_no')},
  'aliases', (select coalesce(json_agg(a.alias order by a.alias), '[]') from registered_model_aliases a
              where a.model_no = v.model_no and a.version = v.version)))`)

/** The newest version of each of these stages, for the model `m`. */
const latest = (stages: readonly string[]): Sql => sql`
  (select coalesce(json_agg(${VERSION} order by stage.n), '[]')
   from unnest(${stages}::text[]) with ordinality as stage (name, n)
   cross join lateral (select * from model_versions l
                       where l.model_no = m.model_no and l.current_stage = stage.name order by l.version desc limit 1) v)`

const MODEL = sql`json_strip_nulls(json_build_object(
  'name', m.name, 'creation_timestamp', m.creation_timestamp, 'last_updated_timestamp', m.last_updated_timestamp,
  'description', m.description, 'latest_versions', ${latest(STAGES)},
  'tags', ${raw(tagsOf('registered_model_tags', 't.model_no = m.model_no'))},
  'aliases', (select coalesce(json_agg(json_build_object('alias', a.alias, 'version', a.version::text) order by a.alias), '[]')
              from registered_model_aliases a where a.model_no = m.model_no)))`

const printed = async (db: Db, statement: Sql): Promise<string[]> =>
  (await db.texts(statement)).map(([json]) => json ?? '')

/** Models as JSON texts, in the order of the given numbers. */
export const modelsByNo = (db: Db, model_nos: readonly Int64[]) =>
  printed(
    db,
    sql`select ${MODEL} from unnest(${model_nos}::bigint[]) with ordinality as wanted (model_no, n)
        join registered_models m using (model_no) order by wanted.n`,
  )

/** Versions as JSON texts, in the order of the given numbers. */
export const versionsByNo = (db: Db, version_nos: readonly Int64[]) =>
  printed(
    db,
    sql`select ${VERSION} from unnest(${version_nos}::bigint[]) with ordinality as wanted (version_no, n)
        join model_versions v using (version_no) join registered_models m using (model_no) order by wanted.n`,
  )

export async function answerModel(db: Db, model_no: Int64) {
  const [model = '{}'] = await modelsByNo(db, [model_no])
  return new RawJson(`{"registered_model":${model}}`)
}

export async function answerVersion(db: Db, version_no: Int64) {
  const [version = '{}'] = await versionsByNo(db, [version_no])
  return new RawJson(`{"model_version":${version}}`)
}

export async function answerLatest(db: Db, model_no: Int64, stages: readonly string[]) {
  const [versions = '[]'] = await printed(
    db,
    sql`select ${latest(stages)} from registered_models m where m.model_no = ${model_no}`,
  )
  return new RawJson(`{"model_versions":${versions}}`)
}
