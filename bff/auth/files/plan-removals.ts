import type { Members } from './holders.ts'
import type { Resource } from './plan-grants.ts'
import type { Wanted } from './read.ts'
import type { State } from './state.ts'
import { permissionsByPerson } from './told.ts'

/** What may go at once without anyone's word, as a part of what there was. */
const FREE = 0.2

/** Removals over 20 %: of what people could see or do through the files, and of the files' experiments and models. */
export function removalsToConfirm(
  state: State,
  wanted: Wanted,
  { resources, before, after }: { resources: readonly Resource[]; before: Members; after: Members },
): string[] {
  const rights = resources.map((resource) => ({
    had: [...permissionsByPerson(resource.before, before).keys()],
    has: permissionsByPerson(resource.after, after),
  }))
  const had = rights.reduce((sum, right) => sum + right.had.length, 0)
  const lost = rights.reduce((sum, right) => sum + right.had.filter((user) => !right.has.has(user)).length, 0)
  const things = state.files.flatMap(thingsOf)
  const kept = new Set(wanted.files.flatMap(thingsOf))
  const gone = things.filter((thing) => !kept.has(thing))
  return [
    ...tooMuch(lost, had, 'rights of a person on an experiment or model'),
    ...tooMuch(gone.length, things.length, 'experiments and models in the files'),
  ]
}

const tooMuch = (lost: number, all: number, what: string): string[] =>
  lost > all * FREE ? [`${lost} of ${all} ${what} would go (${Math.round((100 * lost) / all)} %)`] : []

type Things = {
  experiment?: { name: string } | string | null | undefined
  models: readonly (string | { name: string })[]
}

const nameOf = (thing: { name: string } | string) => (typeof thing === 'string' ? thing : thing.name)

const thingsOf = ({ experiment, models }: Things) => [
  ...(experiment ? [`experiment ${nameOf(experiment)}`] : []),
  ...models.map((model) => `model ${nameOf(model)}`),
]
