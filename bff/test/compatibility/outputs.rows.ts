import type { Table } from './row.ts'
import { absent, answers, missing, post, refused, thenRun, wrong } from './row.ts'

const log = (run_id: string, models: unknown) => post('runs/outputs', { run_id, models })

export const outputs: Table = {
  about: 'outputs',
  rows: [
    {
      why: 'models with their steps',
      ...log('NEW_RUN', [{ model_id: 'm-2', step: 20 }, { model_id: 'm-1' }]),
      ...answers(),
      ...thenRun('NEW_RUN', {
        outputs: {
          model_outputs: [
            { model_id: 'm-1', step: 0 },
            { model_id: 'm-2', step: 20 },
          ],
        },
      }),
    },
    {
      why: 'a model twice: the first step counts',
      ...log('NEW_RUN', [
        { model_id: 'm-1', step: '1' },
        { model_id: 'm-1', step: 2 },
      ]),
      ...answers(),
      ...thenRun('NEW_RUN', { outputs: { model_outputs: [{ model_id: 'm-1', step: 1 }] } }),
    },
    { why: 'no models', ...post('runs/outputs', { run_id: 'RUN' }), ...missing('models') },
    { why: 'an empty list', ...log('RUN', []), ...answers() },
    { why: 'a model without an id', ...log('RUN', [{ step: 1 }]), ...missing('models[0].model_id') },
    { why: 'half a step', ...log('RUN', [{ model_id: 'm', step: 1.5 }]), ...wrong('models[0].step', '1.5') },
    { why: 'an object for models', ...log('RUN', {}), ...wrong('models', '{}') },
    {
      why: 'a run that is not there',
      ...log('ABSENT', [{ model_id: 'm' }]),
      ...absent('Run with id=ABSENT not found'),
    },
    { why: 'a deleted run', ...log('DELETED_RUN', [{ model_id: 'm' }]), ...refused('The run DELETED_RUN must be in') },
  ],
}
