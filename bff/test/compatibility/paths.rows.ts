import type { Table } from './row.ts'
import { answers, get, missing, noEndpoint, post, refused } from './row.ts'

const seen = { experiment: { name: 'seeded' } }
const ok = { status: 200 }

/** Where endpoints are, and what is said where there is none. */
export const paths: Table = {
  about: 'paths and methods',
  rows: [
    { why: 'the prefix of clients', ...get('experiments/get?experiment_id=EXPERIMENT'), ...answers(seen) },
    {
      why: 'the prefix of the page',
      ...get('/ajax-api/2.0/mlflow/experiments/get?experiment_id=EXPERIMENT'),
      ...answers(seen),
    },
    {
      why: 'a tracking address that ends in a slash',
      ...get('//api/2.0/mlflow/experiments/get?experiment_id=EXPERIMENT'),
      ...answers(seen),
    },
    {
      why: 'a doubled slash further in',
      ...get('/api/2.0//mlflow///experiments/get?experiment_id=EXPERIMENT'),
      ...answers(seen),
    },
    {
      why: 'doubled slashes before the prefix of the page',
      ...get('//ajax-api//2.0/mlflow/experiments/get?experiment_id=EXPERIMENT'),
      ...answers(seen),
    },
    {
      why: 'a POST with a doubled slash keeps its body',
      ...post('//api/2.0/mlflow/runs/set-tag', { run_id: 'NEW_RUN', key: 'k', value: 'v' }),
      ...answers(),
      after: {
        path: '/api/2.0/mlflow/runs/get?run_id=NEW_RUN',
        shape: { run: { data: { tags: [{ key: 'k' }, {}] } } },
      },
    },
    { why: 'a slash at the end', ...get('experiments/get/?experiment_id=EXPERIMENT'), ...noEndpoint },
    { why: 'an unknown endpoint', ...get('experiments/frobnicate'), ...noEndpoint, message: 'frobnicate' },
    { why: 'an unknown endpoint, with a body', ...post('runs/frobnicate', { run_id: 'RUN' }), ...noEndpoint },
    { why: 'an unknown endpoint with a body that is no JSON', ...post('runs/x'), raw: '{', ...noEndpoint },
    { why: 'another version of the API', ...get('/api/3.0/mlflow/experiments/get?experiment_id=0'), ...noEndpoint },
    { why: 'the preview API of MLflow 1', ...get('/api/2.0/preview/mlflow/experiments/list'), ...noEndpoint },
    { why: 'no endpoint at all below the prefix', ...get('/api/'), ...noEndpoint },
    { why: 'a path in capitals', ...get('/API/2.0/mlflow/experiments/get?experiment_id=0'), ...noEndpoint },
    { why: 'server-features, which no server has', ...get('/api/3.0/mlflow/server-features'), ...noEndpoint },
    { why: 'traces, which come later', ...post('/api/3.0/mlflow/traces/search'), ...noEndpoint },
    { why: 'GraphQL', ...post('/graphql', { query: '{ a }' }), ...noEndpoint },
    { why: 'GET where only POST is', ...get('runs/create'), ...noEndpoint, message: ['POST', 'GET'] },
    { why: 'POST where only GET is', ...post('runs/get', { run_id: 'RUN' }), ...noEndpoint, message: ['GET', 'POST'] },
    { why: 'PUT on a POST', method: 'PUT', path: '/api/2.0/mlflow/runs/set-tag', body: {}, ...noEndpoint },
    { why: 'PATCH on a POST', method: 'PATCH', path: '/api/2.0/mlflow/runs/set-tag', body: {}, ...noEndpoint },
    { why: 'DELETE on a POST', method: 'DELETE', path: '/api/2.0/mlflow/runs/delete', body: {}, ...noEndpoint },
    { why: 'OPTIONS is no endpoint', method: 'OPTIONS', path: '/api/2.0/mlflow/runs/get', ...noEndpoint },
    { why: 'HEAD of a GET', method: 'HEAD', path: '/api/2.0/mlflow/runs/get?run_id=RUN', ...ok },
    { why: 'HEAD of health', method: 'HEAD', path: '/health', ...ok },
    { why: 'health', ...get('/health'), ...ok },
    { why: 'version', ...get('/version'), ...ok },
    { why: 'metrics of the server', ...get('/metrics'), ...ok },
    { why: 'ready', ...get('/ready'), ...answers({ ready: true }) },
    { why: 'the description of the API', ...get('/openapi.json'), ...answers({ openapi: '3.1.0' }) },
    {
      why: 'what the server can do',
      ...get('/api/3.0/mlflow/server-info'),
      ...answers({ store_type: 'SqlStore', multipart_uploads_enabled: false, multipart_downloads_enabled: false }),
    },
    { why: 'a scalar twice in a query', ...get('runs/get?run_id=RUN&run_id=RUN'), ...refused('run_id') },
    {
      why: 'a scalar twice in a query, another endpoint',
      ...get('experiments/get?experiment_id=0&experiment_id=EXPERIMENT'),
      ...refused('experiment_id'),
    },
    { why: 'an empty value in a query', ...get('experiments/get?experiment_id='), ...missing('experiment_id') },
    { why: 'a query without a value', ...get('experiments/get?experiment_id'), ...missing('experiment_id') },
    {
      why: 'unknown names in a query',
      ...get('experiments/get?experiment_id=EXPERIMENT&colour=red'),
      ...answers(seen),
    },
    {
      why: '__proto__ in a query',
      ...get('experiments/get?__proto__=x&__proto__[a]=b&constructor=c&experiment_id=EXPERIMENT'),
      ...answers(seen),
    },
    {
      why: 'a broken escape in a query',
      ...get('experiments/get-by-name?experiment_name=%E0%A4%A'),
      status: 404,
      code: 'RESOURCE_DOES_NOT_EXIST',
    },
    { why: 'NUL in a query', ...get('experiments/get-by-name?experiment_name=a%00b'), ...refused('experiment_name') },
    {
      why: 'a plus in a query is a blank',
      ...get('experiments/get-by-name?experiment_name=a+b'),
      status: 404,
      code: 'RESOURCE_DOES_NOT_EXIST',
      message: 'a b',
    },
    {
      why: 'GET with a JSON body in place of a query, as MLflow accepts, is beyond what fetch sends: the query decides',
      ...get('runs/get?run_uuid=RUN'),
      ...answers({ run: { info: { run_id: 'RUN', run_uuid: 'RUN' } } }),
    },
  ],
}
