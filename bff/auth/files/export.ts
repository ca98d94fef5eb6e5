import { stringify } from 'yaml'
import type { Holders } from './holders.ts'
import { openHolders } from './holders.ts'
import { GROUPS } from './read.ts'
import type { LevelName } from './schema.ts'
import { ExperimentFile, LEVELS } from './schema.ts'
import type { State, StateExperiment, StateGrant } from './state.ts'

/** `left`: what files cannot say, a line each. */
export type Exported = { texts: Record<string, string>; left: string[] }

/** Today's state as files: managed things in their own, what was granted by hand in new ones. Applying them changes nobody's access. */
export function exportFiles(state: State): Exported {
  const holders = openHolders(state, { digest: '', files: [], groups: [] })
  const grants = Map.groupBy(state.grants, ({ resource_type, resource_id }) => `${resource_type} ${resource_id}`)
  const experiments = new Map(state.experiments.map((experiment) => [experiment.experiment_id, experiment]))
  const texts: Record<string, string> = {}
  const left: string[] = []

  const groups = groupsText(state, holders)
  if (groups) texts[GROUPS] = groups

  const add = (path: string, things: Things) => {
    const [first, ...others] = keysOf(things).map((key) => accessOf(grants.get(key) ?? [], holders))
    const file = fileOf(things, first ?? {})
    const read = ExperimentFile.safeParse(file)
    if (!read.success) left.push(`${path}: ${read.error.issues[0]?.path.join('.')} ${read.error.issues[0]?.message}`)
    else texts[path] = stringify(file, { lineWidth: 0 })
    if (others.some((other) => JSON.stringify(other) !== JSON.stringify(first)))
      left.push(`${path}: not all of its models are granted as the experiment is`)
  }

  const managed = new Set<string>()
  for (const { path, experiment_id, experiment, models } of state.files) {
    const things = { experiment: experiments.get(String(experiment_id)), name: experiment ?? undefined, models }
    for (const key of keysOf(things)) managed.add(key)
    add(path, things)
  }
  const pathOf = openPaths(Object.keys(texts))
  for (const key of grants.keys()) {
    if (managed.has(key)) continue
    const [, type, id = ''] = /^(\w+) (.*)$/su.exec(key) ?? []
    const experiment = type === 'experiment' ? experiments.get(id) : undefined
    if (type === 'experiment' && !experiment) left.push(`grants of experiment ${id}, which does not exist`)
    else if (experiment) add(pathOf('experiments', experiment.name), { experiment, name: experiment.name, models: [] })
    else add(pathOf('models', id), { experiment: undefined, name: undefined, models: [id] })
  }
  return { texts, left }
}

type Things = { experiment: StateExperiment | undefined; name: string | undefined; models: string[] }

const keysOf = ({ experiment, models }: Things) => [
  ...(experiment ? [`experiment ${experiment.experiment_id}`] : []),
  ...models.map((name) => `registered_model ${name}`),
]

type Access = Partial<Record<LevelName, string[]>>

function accessOf(grants: readonly StateGrant[], holders: Holders): Access {
  const access: Access = {}
  for (const level of Object.keys(LEVELS) as LevelName[]) {
    const held = grants.filter(({ permission }) => permission === LEVELS[level]).map(holders.labelOfGrant)
    if (held.length) access[level] = held.sort()
  }
  return access
}

const fileOf = ({ experiment, name, models }: Things, access: Access) => ({
  ...(name !== undefined && { experiment: name }),
  ...(experiment && hasOwnPlace(experiment) && { artifacts: experiment.artifact_location }),
  access,
  ...(models.length && { models }),
})

/** Chosen for it, and not below the place of all. */
const hasOwnPlace = ({ artifact_location, experiment_id }: StateExperiment) =>
  artifact_location.startsWith('s3://') && !artifact_location.endsWith(`/${experiment_id}`)

function groupsText({ groups, members }: State, { labelOfGrant }: Holders): string | undefined {
  if (groups.length === 0) return undefined
  const byGroup = Map.groupBy(
    members.filter(({ source }) => source !== 'oidc'),
    ({ group_id }) => String(group_id),
  )
  const listed = groups.map(({ group_id, name }) => {
    const labels = (byGroup.get(String(group_id)) ?? []).map(({ user_id }) => labelOfGrant({ user_id, group_id: null }))
    return [name, [...new Set(labels)].sort()] as const
  })
  return stringify({ groups: Object.fromEntries(listed) }, { lineWidth: 0 })
}

/** File names that people can type, each once. */
function openPaths(taken: readonly string[]) {
  const used = new Set(taken)
  return (folder: string, name: string) => {
    const slug =
      name
        .normalize('NFKD')
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, '')
        .slice(0, 60) || 'unnamed'
    let path = `${folder}/${slug}.yaml`
    for (let n = 2; used.has(path); n++) path = `${folder}/${slug}-${n}.yaml`
    used.add(path)
    return path
  }
}
