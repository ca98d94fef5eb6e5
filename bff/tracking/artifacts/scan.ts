import type { Int64 } from '#contract'
import { ApiError } from '#contract'
import type { Database } from '#kit/db.ts'
import { EVERYTHING } from '#kit/scope.ts'
import type { Db } from '#kit/sql.ts'
import { rows, sql } from '#kit/sql.ts'
import type { ArtifactPath } from './address.ts'
import { artifactPath } from './address.ts'
import { within } from './files-below.ts'
import type { OwnedPlace, Places } from './places.ts'
import type { ArtifactOwner } from './record.ts'
import type { OwnersFinding } from './scan-owner.ts'
import { compareOwner } from './scan-owner.ts'
import type { ArtifactStore } from './store.ts'
import type { Stores } from './stores.ts'

export type Finding =
  | OwnersFinding
  /** a file or folder that belongs to no run or model; left as it is */
  | { finding: 'ownerless'; place: string }
  /** an experiment whose store the configuration does not name: nothing of it was looked at */
  | { finding: 'unreachable'; place: string }

type Owner = { kind: ArtifactOwner['kind']; id: string }
type Experiment = { experiment_id: Int64; artifact_location: string }
/** `keep`: record what is found. */
type ScanParts = { database: Database; stores: Stores; places: Places; keep: boolean }

const PAGE = 1_000

/** Compares what the stores have with what is recorded. May run beside servers: what they do meanwhile is no finding. */
export async function* scanArtifacts({ database, stores, places, keep }: ScanParts): AsyncGenerator<Finding> {
  const seen = new Set<string>()
  const known = new Set<string>()
  const nameOf = ({ kind, id }: Owner) => `${kind}/${id}`

  for await (const { artifact_location } of experiments(database.reads)) {
    const place = await reached(stores, artifact_location)
    if (!place) {
      yield { finding: 'unreachable', place: artifact_location }
      continue
    }
    // other buckets may hold what is none of our business
    const isOurs = place.store === stores.main
    if (isOurs) known.add(place.folder[0] ?? '')
    for await (const { owner, folder } of ownersIn(place.store, place.folder)) {
      const found = await find(places, owner)
      if (found?.store === place.store && found.root.join('/') === [...folder, 'artifacts'].join('/')) {
        seen.add(nameOf(owner))
        yield* compareOwner(database, found, keep)
        if (isOurs) yield* ownerless(place.store, folder, (name) => name === 'artifacts')
      } else if (isOurs) yield { finding: 'ownerless', place: folder.join('/') }
    }
  }
  yield* ownerless(stores.main, artifactPath(''), (name) => known.has(name))
  for await (const owner of recordedOwners(database.reads)) {
    const place = seen.has(nameOf(owner)) ? undefined : await find(places, owner)
    if (place) yield* compareOwner(database, place, keep)
  }
}

async function* ownerless(store: ArtifactStore, folder: ArtifactPath, isKnown: (name: string) => boolean) {
  for (const { name } of await store.list(folder))
    if (!isKnown(name)) yield { finding: 'ownerless' as const, place: within(folder, name).join('/') }
}

/** The folders of an experiment as those of runs and models, whether there are such or not. */
async function* ownersIn(
  store: ArtifactStore,
  folder: ArtifactPath,
): AsyncGenerator<{ owner: Owner; folder: ArtifactPath }> {
  for (const { name } of await store.list(folder)) {
    const inside = within(folder, name)
    if (name !== 'models') yield { owner: { kind: 'run', id: name }, folder: inside }
    else
      for (const { name: id } of await store.list(inside))
        yield { owner: { kind: 'model', id }, folder: within(inside, id) }
  }
}

/** The artifacts of a run or model; nothing where there is no such, or where its store cannot be reached. */
const find = (places: Places, owner: Owner): Promise<OwnedPlace | undefined> =>
  orNothing(() => places.ofOwner(EVERYTHING, owner, '', 'read'))

const reached = (stores: Stores, location: string) => orNothing(async () => stores.of(location))

async function orNothing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ApiError && (error.code === 'RESOURCE_DOES_NOT_EXIST' || error.code === 'NOT_IMPLEMENTED'))
      return undefined
    throw error
  }
}

async function* experiments(db: Db): AsyncGenerator<Experiment> {
  yield* paged((last: Experiment | undefined) =>
    rows<Experiment>(
      db,
      sql`select experiment_id, artifact_location from experiments where experiment_id > ${last?.experiment_id ?? -1}
          order by experiment_id limit ${PAGE}`,
    ),
  )
}

async function* recordedOwners(db: Db): AsyncGenerator<Owner> {
  yield* paged((last: Owner | undefined) =>
    rows<Owner>(
      db,
      sql`select distinct owner_kind as kind, owner_id as id from artifacts
          where ended_time is null and (owner_kind, owner_id) > (${last?.kind ?? ''}, ${last?.id ?? ''})
          order by owner_kind, owner_id limit ${PAGE}`,
    ),
  )
}

async function* paged<T>(pageAfter: (last: T | undefined) => Promise<T[]>): AsyncGenerator<T> {
  let page = await pageAfter(undefined)
  while (page.length > 0) {
    yield* page
    page = page.length < PAGE ? [] : await pageAfter(page.at(-1))
  }
}
