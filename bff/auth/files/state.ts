import type { PermissionName } from '#contract'
import type { Db } from '#kit/sql.ts'
import { rows, sql } from '#kit/sql.ts'

/** As the database has it. */
export type Id = number | bigint

export type StateUser = { user_id: Id; username: string; username_key: string; email: string | null }
type StateGroup = { group_id: Id; name: string }
type StateMember = { group_id: Id; user_id: Id; source: 'hand' | 'files' | 'oidc' }
export type StateGrant = {
  grant_id: Id
  user_id: Id | null
  group_id: Id | null
  resource_type: 'experiment' | 'registered_model'
  resource_id: string
  permission: PermissionName
  access_file: string | null
}
/** An experiment as far as files speak of it. */
export type StateExperiment = {
  experiment_id: string
  name: string
  artifact_location: string
  description: string | undefined
  deleted: boolean
}
/** What a file was in charge of when it was last applied. `experiment` is the name it had there. */
type StateFile = {
  path: string
  digest: string
  experiment_id: Id | null
  experiment: string | null
  models: string[]
}

/** Everything that the files are compared with. */
export type State = {
  users: StateUser[]
  groups: StateGroup[]
  members: StateMember[]
  /** those of one thing each; a grant of all of them (`*`) is no file's */
  grants: StateGrant[]
  files: StateFile[]
  experiments: StateExperiment[]
}

/** `experiments` come from whatever server has them. */
export async function readState(db: Db, experiments: StateExperiment[]): Promise<State> {
  return {
    users: await rows(db, sql`select user_id, username, username_key, email from users order by username`),
    groups: await rows(db, sql`select group_id, name from groups order by name`),
    members: await rows(
      db,
      sql`select group_id, user_id, source from group_members order by group_id, user_id, source`,
    ),
    grants: await rows(
      db,
      sql`select grant_id, user_id, group_id, resource_type, resource_id, permission, access_file
          from grants where resource_id <> '*' order by resource_type, resource_id, grant_id`,
    ),
    files: await rows(
      db,
      sql`select path, digest, experiment_id, experiment,
                 array(select name from access_file_models m where m.path = f.path order by name) as models
          from access_files f order by path`,
    ),
    experiments,
  }
}
