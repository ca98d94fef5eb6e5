import type { Table } from './row.ts'
import { absent, answers, get, missing, noEndpoint, post, refused, thenRun } from './row.ts'

const proxy = (rest: string) => `/api/2.0/mlflow-artifacts/artifacts${rest}`
const unknownPath = '/987654/ABSENT/artifacts/a.txt'

/** What the R, Java and older Python clients really send, and the artifact requests of all of them. */
export const clients: Table = {
  about: 'clients',
  rows: [
    {
      why: 'R: all scalars of a metric are strings',
      ...post('runs/log-metric', {
        run_uuid: 'NEW_RUN',
        run_id: 'NEW_RUN',
        key: 'm',
        value: '0.25',
        timestamp: '1.7e+12',
        step: '1e+05',
      }),
      ...answers(),
      ...thenRun('NEW_RUN', {
        data: { metrics: [{ key: 'm', value: 0.25, timestamp: 1_700_000_000_000, step: 100_000 }] },
      }),
    },
    {
      why: 'R: a batch of strings',
      ...post('runs/log-batch', {
        run_id: 'NEW_RUN',
        metrics: [
          { key: 'a', value: 'NaN', timestamp: '1731000000000', step: '0' },
          { key: 'b', value: '-Infinity', timestamp: '1731000000000', step: '1' },
          { key: 'c', value: '1e-05', timestamp: '1731000000000', step: '2' },
        ],
        params: [{ key: 'p', value: '1' }],
      }),
      ...answers(),
      ...thenRun('NEW_RUN', {
        data: {
          metrics: [
            { key: 'a', value: 'NaN' },
            { key: 'b', value: -1.7976931348623157e308 },
            { key: 'c', value: 0.00001 },
          ],
        },
      }),
    },
    {
      why: 'R: a run starts without a name and with a tag that names it',
      ...post('runs/create', {
        experiment_id: 'FRESH',
        user_id: 'ann',
        start_time: '1.731e+12',
        tags: [{ key: 'mlflow.runName', value: 'from R' }],
      }),
      ...answers({ run: { info: { run_name: 'from R', start_time: 1_731_000_000_000, user_id: 'ann' } } }),
    },
    {
      why: 'R: a run starts inside another, by tag',
      ...post('runs/create', {
        experiment_id: 'FRESH',
        user_id: 'ann',
        start_time: '1.7e+12',
        tags: [
          { key: 'mlflow.user', value: 'ann' },
          { key: 'mlflow.source.type', value: 'LOCAL' },
          { key: 'mlflow.parentRunId', value: 'RUN' },
        ],
      }),
      ...answers({
        run: {
          info: { start_time: 1_700_000_000_000, status: 'RUNNING', lifecycle_stage: 'active', experiment_id: 'FRESH' },
          data: { tags: [{}, {}, { key: 'mlflow.parentRunId', value: 'RUN' }, { key: 'mlflow.runName' }] },
        },
      }),
      without: ['run.info.end_time', 'run.data.params', 'run.data.metrics'],
    },
    {
      why: 'R: a run is read by both ids',
      ...get('runs/get?run_uuid=RUN&run_id=RUN'),
      ...answers({ run: { info: { run_uuid: 'RUN', run_name: 'seeded', user_id: 'ann' } } }),
    },
    {
      why: 'R: a param, by both ids',
      ...post('runs/log-parameter', { run_uuid: 'NEW_RUN', run_id: 'NEW_RUN', key: 'rounds', value: '1e+05' }),
      ...answers(),
      ...thenRun('NEW_RUN', { data: { params: [{ key: 'rounds', value: '1e+05' }] } }),
    },
    {
      why: 'R: an infinite metric',
      ...post('runs/log-metric', { run_id: 'NEW_RUN', key: 'm', value: 'Infinity', timestamp: '1.731e+12', step: '0' }),
      ...answers(),
      ...thenRun('NEW_RUN', { data: { metrics: [{ key: 'm', value: 1.7976931348623157e308 }] } }),
    },
    {
      why: 'R: a tag is removed, by both ids',
      ...post('runs/delete-tag', { run_uuid: 'NEW_RUN', run_id: 'NEW_RUN', key: 'mlflow.runName' }),
      ...answers(),
    },
    {
      why: 'R: a run that was deleted while it ran takes no more metrics',
      ...post('runs/log-metric', { run_id: 'DELETED_RUN', key: 'm', value: '1', timestamp: '1.7e+12', step: '0' }),
      ...refused("'active' state", 'Restore the run first'),
    },
    {
      why: 'R: a run that was deleted while it ran is not ended either',
      ...post('runs/update', {
        run_uuid: 'DELETED_RUN',
        run_id: 'DELETED_RUN',
        status: 'FINISHED',
        end_time: '1.7e+12',
      }),
      ...refused("'active' state"),
    },
    {
      why: 'R: a run is restored',
      ...post('runs/restore', { run_id: 'NEW_RUN' }),
      ...answers(),
      ...thenRun('NEW_RUN', { info: { lifecycle_stage: 'active' } }),
    },
    {
      why: 'R: a search with a filter and an order',
      ...post('runs/search', {
        experiment_ids: ['EXPERIMENT'],
        filter: 'metrics.loss < 1',
        run_view_type: 'ACTIVE_ONLY',
        order_by: ['metrics.loss DESC'],
      }),
      ...answers({ runs: [{ info: { run_id: 'RUN', run_uuid: 'RUN', run_name: 'seeded' } }] }),
      without: ['next_page_token', 'runs.0.info.run'],
    },
    {
      why: 'R: a page of history that is not the last has a token',
      ...get('metrics/get-history?run_uuid=RUN&run_id=RUN&metric_key=loss&max_results=2'),
      ...answers({ metrics: [{}, {}] }),
      without: ['metrics.2'],
    },
    {
      why: 'R: a page of history that is just full has none',
      ...get('metrics/get-history?run_uuid=RUN&run_id=RUN&metric_key=loss&max_results=3'),
      ...answers({ metrics: [{}, {}, {}] }),
      without: ['next_page_token'],
    },
    {
      why: 'R: an experiment is made',
      ...post('experiments/create', { name: 'R UNIQUE', tags: [{ key: 'team', value: 'red' }] }),
      ...answers(),
    },
    {
      why: 'R: an experiment whose name is taken',
      ...post('experiments/create', { name: 'seeded' }),
      status: 400,
      code: 'RESOURCE_ALREADY_EXISTS',
      message: 'already exists',
    },
    {
      why: 'R: an experiment by its id',
      ...get('experiments/get?experiment_id=EXPERIMENT'),
      ...answers({ experiment: { experiment_id: 'EXPERIMENT', lifecycle_stage: 'active', tags: [{}] } }),
    },
    {
      why: 'R: a tag of an experiment',
      ...post('experiments/set-experiment-tag', { experiment_id: 'FRESH', key: 'team', value: 'TRUE' }),
      ...answers(),
    },
    {
      why: 'R: files of a run, by both ids',
      ...get('artifacts/list?run_uuid=RUN&run_id=RUN'),
      ...answers({ root_uri: 'mlflow-artifacts:/EXPERIMENT/RUN/artifacts' }),
      without: ['next_page_token'],
    },
    {
      why: 'R: a run ends, by both ids',
      ...post('runs/update', { run_uuid: 'NEW_RUN', run_id: 'NEW_RUN', status: 'FINISHED', end_time: '1731000000001' }),
      ...answers({
        run_info: { run_uuid: 'NEW_RUN', run_id: 'NEW_RUN', status: 'FINISHED', end_time: 1_731_000_000_001 },
      }),
    },
    {
      why: 'R: a search with a limit in a string',
      ...post('runs/search', { experiment_ids: ['EXPERIMENT'], max_results: '1e+05' }),
      ...refused("'max_results'"),
    },
    {
      why: 'R: a search without a limit',
      ...post('runs/search', { experiment_ids: ['EXPERIMENT'], run_view_type: 'ACTIVE_ONLY' }),
      ...answers({ runs: [{ info: { run_name: 'seeded', end_time: undefined } }] }),
      without: ['next_page_token', 'runs.0.run'],
    },
    {
      why: 'R: one experiment in place of a list',
      ...post('runs/search', { experiment_ids: 'EXPERIMENT' }),
      ...answers({ runs: [{ info: { run_id: 'RUN' } }] }),
    },
    {
      why: 'R: experiments, all with the same members',
      ...post('experiments/search', { view_type: 'ALL', max_results: '1000', filter: "name = 'seeded'" }),
      ...answers({ experiments: [{ experiment_id: 'EXPERIMENT', tags: [{}] }] }),
    },
    {
      why: 'R: an experiment by a name that none has',
      ...get('experiments/get-by-name?experiment_name=from%20R'),
      ...absent('from R'),
    },
    {
      why: 'R: deletes a run that is running',
      ...post('runs/delete', { run_id: 'NEW_RUN' }),
      ...answers(),
      ...thenRun('NEW_RUN', { info: { lifecycle_stage: 'deleted', status: 'RUNNING' } }),
    },
    {
      why: 'R: log-model without a run id in the model',
      ...post('runs/log-model', {
        run_id: 'RUN',
        model_json: '{"artifact_path":"model","flavors":{},"utc_time_created":"x"}',
      }),
      ...refused("'run_id'"),
    },
    {
      why: 'R: a model is logged',
      ...post('runs/log-model', {
        run_id: 'NEW_RUN',
        model_json: '{"artifact_path":"model","flavors":{"crate":{}},"utc_time_created":"x","run_id":"NEW_RUN"}',
      }),
      ...answers(),
      ...thenRun('NEW_RUN', {
        data: {
          tags: [
            { value: '[{"artifact_path":"model","flavors":{"crate":{}},"utc_time_created":"x","run_id":"NEW_RUN"}]' },
            {},
          ],
        },
      }),
    },
    {
      why: 'R: renames a run by a tag, with a doubled slash',
      ...post('//api/2.0/mlflow/runs/set-tag', {
        run_id: 'NEW_RUN',
        run_uuid: 'NEW_RUN',
        key: 'mlflow.runName',
        value: 'x',
      }),
      ...answers(),
      ...thenRun('NEW_RUN', { info: { run_name: 'x' } }),
    },
    {
      why: 'R: history pages',
      ...get('//api/2.0/mlflow/metrics/get-history?run_uuid=RUN&run_id=RUN&metric_key=loss&max_results=25000'),
      ...answers({ metrics: [{}, {}, {}] }),
      without: ['next_page_token'],
    },
    {
      why: 'Java: 64-bit integers are strings, enums are names',
      ...post('runs/create', {
        experiment_id: 'FRESH',
        user_id: 'ann',
        start_time: '1731000000000',
        tags: [
          { key: 'mlflow.runName', value: 'from Java' },
          { key: 'mlflow.source.type', value: 'LOCAL' },
        ],
      }),
      ...answers({ run: { info: { run_name: 'from Java', start_time: 1_731_000_000_000 } } }),
    },
    {
      why: 'Java: an absent experiment, by a doubled slash',
      ...get('//api/2.0/mlflow/experiments/get-by-name?experiment_name=nobody'),
      ...absent(),
    },
    {
      why: 'Java: a page of experiments',
      ...post('experiments/search', {
        max_results: '1000',
        view_type: 'ACTIVE_ONLY',
        filter: "name = 'seeded'",
        page_token: '',
      }),
      ...answers({ experiments: [{ name: 'seeded' }] }),
      without: ['next_page_token'],
    },
    { why: 'Python: GraphQL is not there', ...post('/graphql'), ...noEndpoint },
    {
      why: 'Python: a trace is started in the old way',
      ...post('traces', { experiment_id: 'EXPERIMENT' }),
      ...noEndpoint,
    },
    {
      why: 'Python 3.12: a deprecated field beside the new one',
      ...post('runs/log-batch', {
        run_id: 'NEW_RUN',
        metrics: [
          { key: 'm', value: 1, timestamp: 1, step: 0, model_id: 'm-1', dataset_name: 'd', dataset_digest: '1' },
        ],
      }),
      ...answers(),
      ...thenRun('NEW_RUN', {
        data: { metrics: [{ key: 'm', model_id: 'm-1', dataset_name: 'd', dataset_digest: '1' }] },
      }),
    },
    {
      why: 'artifacts of a run that has none',
      ...get('artifacts/list?run_id=RUN'),
      ...answers({ root_uri: 'mlflow-artifacts:/EXPERIMENT/RUN/artifacts' }),
      without: ['files.0', 'next_page_token'],
    },
    {
      why: 'artifacts by run_uuid',
      ...get('artifacts/list?run_uuid=RUN&path=model'),
      ...answers({ root_uri: 'mlflow-artifacts:/EXPERIMENT/RUN/artifacts' }),
    },
    { why: 'artifacts: no run', ...get('artifacts/list'), ...missing('run_id') },
    {
      why: 'artifacts of an unknown run',
      ...get('artifacts/list?run_id=ABSENT'),
      ...absent('Run with id=ABSENT not found'),
    },
    ...[
      '../x',
      '..%2Fx',
      '%252e%252e%252fx',
      '/etc/passwd',
      'file:///etc/passwd',
      'C:%5Cx',
      'a/../../b',
      '%23/../x',
      '%5C%5Chost%5Cshare',
    ].flatMap((path) => [
      {
        why: `artifacts: a path out: ${path}`,
        ...get(`artifacts/list?run_id=RUN&path=${path}`),
        ...refused('Invalid path'),
      },
      {
        why: `an artifact: a path out: ${path}`,
        ...get(`/get-artifact?run_id=RUN&path=${path}`),
        ...refused('Invalid path'),
      },
      {
        why: `upload by the page: a path out: ${path}`,
        method: 'POST',
        path: `/api/2.0/mlflow/upload-artifact?run_uuid=RUN&path=${path}`,
        raw: 'x',
        ...refused('Invalid path'),
      },
    ]),
    {
      why: 'an artifact that is not there',
      ...get('/get-artifact?run_id=RUN&path=nothing.txt'),
      ...absent('nothing.txt'),
    },
    { why: 'an artifact: no path', ...get('/get-artifact?run_id=RUN'), ...missing('path') },
    { why: 'an artifact: no run', ...get('/get-artifact?path=a'), ...missing('run_id') },
    {
      why: 'HEAD of an artifact that is not there',
      method: 'HEAD',
      path: '/get-artifact?run_id=RUN&path=nothing.txt',
      status: 404,
    },
    {
      why: 'upload by the page: two different runs',
      method: 'POST',
      path: '/api/2.0/mlflow/upload-artifact?run_id=RUN&run_uuid=DELETED_RUN&path=x',
      raw: 'x',
      ...refused('run_uuid'),
    },
    {
      why: 'upload by the page: no path',
      method: 'POST',
      path: '/api/2.0/mlflow/upload-artifact?run_uuid=RUN',
      raw: 'x',
      ...refused('path'),
    },
    {
      why: 'upload by the page: no run',
      method: 'POST',
      path: '/api/2.0/mlflow/upload-artifact?path=x',
      raw: 'x',
      ...refused('run'),
    },
    {
      why: 'upload by the page: no bytes',
      method: 'POST',
      path: '/api/2.0/mlflow/upload-artifact?run_uuid=RUN&path=x',
      raw: '',
      ...refused('data'),
    },
    {
      why: 'upload by the page: more than 10 MiB',
      method: 'POST',
      path: '/api/2.0/mlflow/upload-artifact?run_uuid=RUN&path=x',
      raw: 'x'.repeat(10 * 1024 * 1024 + 1),
      ...refused('Artifact size is too large. Max size is 10MB.'),
    },
    {
      why: 'the proxy: a folder that is not there',
      ...get(proxy('?path=EXPERIMENT/RUN/artifacts/none')),
      ...answers(),
      without: ['files.0'],
    },
    { why: 'the proxy: bytes that are not there', ...get(proxy('/EXPERIMENT/RUN/artifacts/none.txt')), ...absent() },
    { why: 'the proxy: an upload for an unknown run', method: 'PUT', path: proxy(unknownPath), raw: 'x', ...absent() },
    {
      why: 'the proxy: an upload for a deleted run',
      method: 'PUT',
      path: proxy('/EXPERIMENT/DELETED_RUN/artifacts/a.txt'),
      raw: 'x',
      ...refused("'active' state"),
    },
    {
      why: 'the proxy: deletes nothing',
      method: 'DELETE',
      path: proxy('/EXPERIMENT/RUN/artifacts/none.txt'),
      ...answers(),
    },
    { why: 'artifacts: NUL in a path', ...get('artifacts/list?run_id=RUN&path=a%00b'), ...refused("'path'", 'NUL') },
    { why: 'the proxy: deletes the root', method: 'DELETE', path: proxy('/%2e'), ...refused() },
    {
      why: 'the proxy: a path out',
      ...get(proxy('/EXPERIMENT/RUN/artifacts/..%2F..%2Fx')),
      ...refused('Invalid path'),
    },
  ],
}
