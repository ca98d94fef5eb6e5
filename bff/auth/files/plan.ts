import type { Change, Plan } from './changes.ts'
import { openHolders } from './holders.ts'
import { planExperiments } from './plan-experiments.ts'
import { planGrants } from './plan-grants.ts'
import { removalsToConfirm } from './plan-removals.ts'
import type { Wanted } from './read.ts'
import type { State } from './state.ts'
import { changesByPerson } from './told.ts'

/** What has to be done so that the state is as the files want it. Pure: all it looks at is given. */
export function planAccess(state: State, wanted: Wanted): Plan {
  const holders = openHolders(state, wanted)
  const experiments = planExperiments(state, wanted)
  const grants = planGrants(state, wanted, holders, experiments.ids)
  const paths = new Set(wanted.files.map(({ path }) => path))
  const all: Change[] = [
    ...holders.newUsers().map((user): Change => ({ action: 'create-user', user })),
    ...holders.groupChanges,
    ...experiments.changes,
    ...grants.changes,
    ...state.files.filter(({ path }) => !paths.has(path)).map(({ path }): Change => ({ action: 'release', path })),
  ]
  const problems = [...holders.problems, ...experiments.problems, ...grants.problems]
  return {
    digest: wanted.digest,
    problems,
    changes: all.filter((change) => !isTakeOver(change)),
    takesOver: all.filter(isTakeOver),
    notes: experiments.notes,
    ids: { users: holders.users, groups: holders.groups, experiments: experiments.ids },
    told: changesByPerson(grants.resources, holders),
    toConfirm: removalsToConfirm(state, wanted, { ...holders, ...grants }),
  }
}

const isTakeOver = (change: Change): change is Plan['takesOver'][number] =>
  change.action === 'take-over' || change.action === 'take-over-member'
