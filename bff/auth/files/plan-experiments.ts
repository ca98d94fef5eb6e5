import { lookalikeKey } from '#kit/lookalike.ts'
import type { Change, Ids } from './changes.ts'
import type { Wanted, WantedFile } from './read.ts'
import { withSlash } from './read.ts'
import type { State, StateExperiment } from './state.ts'

type Found = {
  /** undefined where it has to be created */ ids: Ids['experiments']
  changes: Change[]
  problems: string[]
  notes: string[]
}

/** Which experiment each file means. One that was renamed is still the one its file is in charge of. */
export function planExperiments(state: State, { files }: Wanted): Found {
  const byId = new Map(state.experiments.map((experiment) => [experiment.experiment_id, experiment]))
  const byName = new Map(state.experiments.map((experiment) => [experiment.name, experiment]))
  const byKey = new Map(state.experiments.map((experiment) => [lookalikeKey(experiment.name), experiment]))
  const managed = new Map(state.files.map((file) => [file.path, file]))
  const found: Found & { ids: Map<string, string | undefined> } = {
    ids: new Map(),
    changes: [],
    problems: [],
    notes: [],
  }
  const claimed = new Map<string, string>()

  for (const { path, experiment } of files) {
    if (!experiment) continue
    const { name, at } = experiment
    const before = managed.get(path)
    const own = before?.experiment === name ? byId.get(String(before.experiment_id)) : undefined
    const is = own ?? byName.get(name)
    found.ids.set(path, is?.experiment_id)
    if (is) {
      const other = claimed.get(is.experiment_id)
      if (other) found.problems.push(`${at}: experiment ${name} is the one of ${other}, which was renamed`)
      claimed.set(is.experiment_id, at)
      look(is, experiment, path, found)
    } else {
      const like = byKey.get(lookalikeKey(name))
      if (like) found.problems.push(`${at}: experiment ${name} looks like ${like.name}, which exists`)
      const { description, artifacts } = experiment
      found.changes.push({ action: 'create-experiment', resource: name, artifacts, description, path, at })
    }
    found.problems.push(...overlaps(experiment, is, state.experiments))
  }
  return found
}

type Experiment = NonNullable<WantedFile['experiment']>

function look(is: StateExperiment, { name, at, description, artifacts }: Experiment, path: string, found: Found) {
  const { experiment_id, artifact_location } = is
  if (is.name !== name) found.notes.push(`${at}: experiment ${name} is called ${is.name} by now`)
  if (is.deleted) found.notes.push(`${at}: experiment ${name} is in the bin`)
  if (artifacts !== undefined && withSlash(artifacts) !== withSlash(artifact_location))
    found.problems.push(
      `${at}: the artifacts of experiment ${name} are in ${artifact_location} and cannot move: change or remove the line artifacts`,
    )
  if (description !== undefined && description !== is.description)
    found.changes.push({ action: 'describe-experiment', resource: name, resource_id: experiment_id, description, path })
}

/** Who may go to a bucket by themselves would see what is below their place. */
function overlaps(
  { at, artifacts }: Experiment,
  is: StateExperiment | undefined,
  all: readonly StateExperiment[],
): string[] {
  if (artifacts === undefined || is) return []
  const place = withSlash(artifacts)
  const other = all.find(({ artifact_location }) => {
    const taken = withSlash(artifact_location)
    return place.startsWith(taken) || taken.startsWith(place)
  })
  return other ? [`${at}: ${artifacts} holds artifacts of experiment ${other.name}: choose a place of its own`] : []
}
