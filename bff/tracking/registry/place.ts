import type { Endpoints, Input } from '#contract'
import { absent } from '#contract'
import { EVERYTHING } from '#kit/scope.ts'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import { artifactPath } from '../artifacts/address.ts'
import type { Places } from '../artifacts/places.ts'
import type { FoundVersion } from './require.ts'
import { requireVersion } from './require.ts'
import { parseUri, pathWithin } from './source-uri.ts'

type Holder = { kind: 'run' | 'model'; id: string; path: string }

/**
 * Where a file of a version is: below the run or logged model that the version comes from, and nowhere else, whatever its location says.
 * Who may read the model may read this; whether its artifacts may be read was asked of whoever registered it.
 */
export async function placeOfVersion(
  db: Db,
  places: Places,
  { name, version, path }: Input<Endpoints['getModelVersionArtifact']>,
) {
  const checked = artifactPath(path)
  const found = await requireVersion(db, name, version)
  const holder = await holderOf(db, found)
  if (!holder)
    throw absent(
      `The artifacts of version ${version} of '${name}' are not below a run or logged model of this server: fetch them from where get-download-uri says`,
    )
  const whole = [holder.path, ...checked].filter(Boolean).join('/')
  return places.ofOwner(EVERYTHING, holder, whole, 'read')
}

async function holderOf(db: Db, { storage_location, run_id, model_id }: FoundVersion): Promise<Holder | undefined> {
  const uri = parseUri(storage_location)
  if (uri.scheme === 'runs') {
    const [id = '', ...path] = uri.segments
    return id === run_id ? { kind: 'run', id, path: path.join('/') } : undefined
  }
  const holders = await row<{ run_uri: string | null; model_uri: string | null }>(
    db,
    sql`select (select artifact_uri from runs where run_id = ${run_id}) as run_uri,
               (select artifact_uri from logged_models where model_id = ${model_id}) as model_uri`,
  )
  const within = (root: string | null | undefined) => (root ? pathWithin(uri, root) : undefined)
  const [ofModel, ofRun] = [within(holders?.model_uri), within(holders?.run_uri)]
  if (model_id !== null && ofModel !== undefined) return { kind: 'model', id: model_id, path: ofModel }
  return ofRun === undefined ? undefined : { kind: 'run', id: run_id, path: ofRun }
}
