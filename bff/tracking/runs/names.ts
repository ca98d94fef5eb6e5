import { randomInt } from 'node:crypto'
import type { Int64 } from '#contract'
import { ApiError } from '#contract'
import type { Db } from '#kit/sql.ts'
import { named, rows, sql } from '#kit/sql.ts'

// Short, plain words: names are read aloud in meetings.
const ADJECTIVES =
  'able amber ample bold brave brief bright brisk calm clear clever cosmic crisp dapper deep eager early exact fair fancy fast fine firm fleet fresh gentle glad golden grand happy hardy honest humble ideal jolly keen kind lively loyal lucid lunar mellow merry mild modest neat noble open patient placid polite proud quick quiet rapid rare ready regal sharp silent smart solid sound steady stellar sunny swift tidy upbeat vivid warm wise witty zesty'.split(
    ' ',
  )
const NOUNS =
  'ant badger bass bear bee bird boar calf carp cat colt cow crab crane crow deer dove duck eagle eel elk ewe fawn finch fish flea fly foal fox frog gnat goat goose grub gull hare hawk hen heron hog horse hound ibis jay kit koi lamb lark lynx mare mink mole moose moth mouse newt otter owl ox panda perch pig pike pug quail ram rat raven robin rook seal shad shark sheep shrew skunk sloth slug smelt snail snake sow squid steed stag stoat swan tern toad trout vole wasp whale wolf wren yak zebra'.split(
    ' ',
  )

const oneOf = (words: readonly string[]) => words[randomInt(words.length)] ?? ''

/** A name for a run or a model that came without one: adjective-noun-number, as MLflow's servers give. */
export const generateRunName = (digits = FIRST_DIGITS) =>
  `${oneOf(ADJECTIVES)}-${oneOf(NOUNS)}-${randomInt(1, 10 ** digits)}`

/** A name that a run is to have in its experiment. */
export type WantedName = { run_id: string; experiment_id: Int64; run_name: string }

/** 6,000,000 names at first; where one is taken already, the next is of ten times as many. */
const FIRST_DIGITS = 3

/**
 * Names for runs that have none, each by none of its experiment, deleted runs included. Two transactions at once could still
 * hit upon the same one; where names must be unique, the second waits for the first and looks again.
 */
export async function nameRuns(
  db: Db,
  runs: readonly Omit<WantedName, 'run_name'>[],
  unique: boolean,
  generate: (digits: number) => string = generateRunName,
): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  let unnamed = runs
  const settled: WantedName[] = []
  for (let digits = FIRST_DIGITS; unnamed.length > 0; digits = Math.min(digits + 1, 14)) {
    const wanted = unnamed.map((run) => ({ ...run, run_name: generate(digits) }))
    if (unique) await lockNames(db, wanted)
    const taken = await holders(db, wanted, settled, 'any')
    const free = wanted.filter(({ run_id }) => !taken.has(run_id))
    for (const { run_id, run_name } of free) names.set(run_id, run_name)
    settled.push(...free)
    unnamed = unnamed.filter(({ run_id }) => taken.has(run_id))
  }
  return names
}

/**
 * Refuses names that other active runs of the experiment have. Until the transaction ends nobody else can take them who asks
 * here: call it before anything is locked. A run without a name takes none from others.
 */
export async function requireFreeNames(db: Db, wanted: readonly WantedName[]) {
  const asked = wanted.filter(({ run_name }) => run_name !== '')
  if (asked.length === 0) return
  await lockNames(db, asked)
  const taken = await holders(db, asked, [], 'active')
  for (const { run_id, run_name, experiment_id } of asked) {
    const holder = taken.get(run_id)
    if (holder !== undefined)
      throw new ApiError(
        'RESOURCE_ALREADY_EXISTS',
        `Run(name=${run_name}) already exists in experiment ${experiment_id}: it is ${holder}. Choose another name, or rename or delete that run; this server was started with --unique-run-names.`,
        { details: { field: 'run_name' } },
      )
  }
}

/** In one order, so that two who want the same names do not each wait for the other. */
async function lockNames(db: Db, wanted: readonly WantedName[]) {
  const keys = new Set(wanted.map(({ experiment_id, run_name }) => `run name ${experiment_id} ${run_name}`))
  await db.query(
    named(
      'lock-run-names',
      sql`select pg_advisory_xact_lock(hashtextextended(key, 0)) from unnest(${[...keys].sort()}::text[]) as key`,
    ),
  )
}

/**
 * By run: another run that has its name, stored already, settled before it or wanted by one before it in the list. Of deleted
 * runs only those count as active that come back with their experiment.
 */
async function holders(
  db: Db,
  wanted: readonly WantedName[],
  settled: readonly WantedName[],
  stage: 'active' | 'any',
): Promise<Map<string, string>> {
  const stored = await rows<{ run_id: string; holder: string }>(
    db,
    named(
      'run-name-holders',
      sql`
      select wanted.run_id, other.run_id as holder
      from unnest(${wanted.map((w) => w.run_id)}::text[], ${wanted.map((w) => w.experiment_id)}::bigint[], ${wanted.map((w) => w.run_name)}::text[])
           as wanted (run_id, experiment_id, run_name)
      cross join lateral (
        select run_id from runs
        where experiment_id = wanted.experiment_id and left(run_name, 64) = left(wanted.run_name, 64)
          and run_name = wanted.run_name and run_id <> wanted.run_id
          and (${stage} = 'any' or lifecycle_stage = 'active' or deleted_with_experiment)
        limit 1) as other`,
    ),
  )
  const found = new Map(stored.map(({ run_id, holder }) => [run_id, holder]))
  const first = new Map<string, string>()
  for (const { run_id, experiment_id, run_name } of [...settled, ...wanted]) {
    const name = `${experiment_id} ${run_name}`
    const before = first.get(name)
    if (before === undefined) first.set(name, run_id)
    else if (before !== run_id && !found.has(run_id)) found.set(run_id, before)
  }
  return found
}
