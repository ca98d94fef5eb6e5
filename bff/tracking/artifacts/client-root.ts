import type { Sql } from '#kit/sql.ts'
import { sql } from '#kit/sql.ts'
import { PROXIED } from './stores.ts'

/** Where clients are sent for artifacts: to this server, or straight to the store. */
export type ClientRoot = {
  /** `mlflow-artifacts:`, or the main store's own address */
  uri: string
  proxied: boolean
}

/**
 * The folder of the experiment `e` in the words of clients. Through this server it is always its number: the client then needs
 * to know neither bucket nor credentials. Without the proxy it is the place itself.
 */
export const clientFolder = ({ uri, proxied }: ClientRoot): Sql =>
  proxied
    ? sql`${`${uri}/`}::text || e.experiment_id`
    : sql`case when starts_with(e.artifact_location, ${PROXIED}) then ${`${uri}/`} || e.experiment_id else e.artifact_location end`
