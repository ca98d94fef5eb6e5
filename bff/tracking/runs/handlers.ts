import type { Endpoints, KeyValue, MetricField } from '#contract'
import { ApiError } from '#contract'
import type { Database } from '#kit/db.ts'
import type { HandlersOf } from '#kit/route.ts'
import { openSize } from '../search/size.ts'
import { keyOfCaller } from '../search/token.ts'
import type { RunWrites } from '../writes/run-write.ts'
import { createdRun, newRun } from './create.ts'
import { searchDatasets } from './datasets.ts'
import { fitParams, fitTags, requireDistinctParams } from './fit.ts'
import { logInputs } from './inputs.ts'
import { logOutputs } from './outputs.ts'
import { getRun } from './read.ts'
import { countRuns, searchRuns } from './search.ts'
import { deleteTag } from './tags.ts'
import { deleteRun, logModel, restoreRun, updateRun } from './update.ts'

type Handlers = Pick<
  HandlersOf<Endpoints>,
  | 'createRun'
  | 'getRun'
  | 'updateRun'
  | 'deleteRun'
  | 'restoreRun'
  | 'searchRuns'
  | 'countRuns'
  | 'logParam'
  | 'setTag'
  | 'deleteTag'
  | 'logBatch'
  | 'logModel'
  | 'logInputs'
  | 'logOutputs'
  | 'searchDatasets'
>

type Rules = { truncateLongValues: boolean; uniqueRunNames: boolean }

export function runHandlers(database: Database, writes: RunWrites, tokenKey: Buffer, rules: Rules): Handlers {
  const { truncateLongValues: truncate, uniqueRunNames } = rules
  const searching = { tokenKey, size: openSize(database.reads) }
  async function log(
    run_id: string,
    metrics: readonly MetricField[],
    params: readonly KeyValue[],
    tags: readonly KeyValue[],
  ) {
    await writes.submit({
      log: { run_id, metrics, params: fitParams(params, truncate), tags: fitTags(tags, truncate) },
    })
    return {}
  }
  return {
    async createRun(input) {
      const run = newRun({ ...input, tags: fitTags(input.tags, truncate) })
      const created = await writes.submit({ create: run })
      if (!created) throw new ApiError('INTERNAL_ERROR', 'The run was not created')
      return createdRun(run, created)
    },
    getRun: (input) => getRun(database.reads, input),
    updateRun: (input) => database.transaction((db) => updateRun(db, input, uniqueRunNames)),
    deleteRun: (input) => database.transaction((db) => deleteRun(db, input)),
    restoreRun: (input) => database.transaction((db) => restoreRun(db, input, uniqueRunNames)),
    searchRuns: (input, { scope, principal }) =>
      searchRuns(database.reads, input, scope, { ...searching, tokenKey: keyOfCaller(tokenKey, principal) }),
    countRuns: (input, { scope }) => countRuns(database.reads, input, scope, searching),
    logParam: ({ run_id, ...param }) => log(run_id, [], [param], []),
    setTag: ({ run_id, ...tag }) => log(run_id, [], [], [tag]),
    deleteTag: (input) => database.transaction((db) => deleteTag(db, input)),
    async logBatch({ run_id, metrics, params, tags }) {
      requireDistinctParams(params)
      return log(run_id, metrics, params, tags)
    },
    logModel: (input) => database.transaction((db) => logModel(db, input)),
    logInputs: (input) => database.transaction((db) => logInputs(db, input)),
    logOutputs: (input) => database.transaction((db) => logOutputs(db, input)),
    searchDatasets: (input, { scope }) => searchDatasets(database.reads, input, scope),
  }
}
