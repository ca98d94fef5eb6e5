import type { AccessPlan, AuthEndpoints } from '#contract'
import type { HandlersOf } from '#kit/route.ts'
import type { FilesParts } from './apply.ts'
import { applyFiles, planFiles } from './apply.ts'
import type { Change, Plan } from './changes.ts'
import { lineOf } from './changes.ts'
import { readStatus } from './status.ts'

type Handlers = Pick<HandlersOf<AuthEndpoints>, 'planAccessFiles' | 'applyAccessFiles' | 'getAccessFilesStatus'>

export const accessFileHandlers = (parts: FilesParts, isWatching: boolean): Handlers => ({
  planAccessFiles: async ({ files }) => asAnswer(await planFiles(parts, files)),
  applyAccessFiles: async ({ files, confirm = false, commit_id }, { principal }) =>
    asAnswer(await applyFiles(parts, files, { by: principal, commit_id, confirm })),
  getAccessFilesStatus: () => readStatus(parts.database.reads, isWatching),
})

/** A plan as it is said to others. */
export const asAnswer = ({ digest, changes, takesOver, notes, toConfirm }: Plan): AccessPlan => ({
  digest,
  changes: changes.map(said),
  takes_over: takesOver.map(said),
  notes,
  to_confirm: toConfirm,
})

const said = (change: Change) => ({
  action: change.action,
  line: lineOf(change),
  ...('path' in change && change.path !== undefined && { path: change.path }),
})
