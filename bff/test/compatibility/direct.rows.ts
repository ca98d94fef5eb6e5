import type { Table } from './row.ts'
import { absent, get, missing, post, refused } from './row.ts'

// Asked of a server whose store clients cannot reach; what it does with one that they reach is in multipart.test.ts.

const HERE = 'EXPERIMENT/RUN/artifacts'
const paths = {
  create: '/api/2.0/mlflow-artifacts/mpu/create/',
  complete: '/api/2.0/mlflow-artifacts/mpu/complete/',
  abort: '/api/2.0/mlflow-artifacts/mpu/abort/',
}
const mpu = (verb: keyof typeof paths, body: object, folder = HERE) => post(paths[verb] + folder, body)
const unsupported = (what: string) => ({
  status: 501,
  code: 'NOT_IMPLEMENTED',
  message: `${what} is not supported for the current artifact repository`,
})

export const direct: Table = {
  about: 'transfers past the server',
  rows: [
    {
      why: 'multipart: clients fall back on this text',
      ...mpu('create', { path: 'a.bin', num_parts: 2 }),
      ...unsupported('Multipart upload'),
    },
    {
      why: 'multipart: a path of a client on Windows',
      ...mpu('create', { path: 'C:\\a.bin', num_parts: 2 }),
      ...unsupported('Multipart upload'),
    },
    { why: 'multipart: no path', ...mpu('create', { num_parts: 2 }), ...missing('path') },
    {
      why: 'multipart: a path that climbs',
      ...mpu('create', { path: 'a/..', num_parts: 2 }),
      ...refused('Invalid path'),
    },
    {
      why: 'multipart: an unknown run',
      ...mpu('create', { path: 'a.bin', num_parts: 2 }, 'EXPERIMENT/ABSENT/artifacts'),
      ...absent('ABSENT'),
    },
    {
      why: 'multipart: complete',
      ...mpu('complete', { path: 'a.bin', upload_id: 'u', parts: [] }),
      ...unsupported('Multipart upload'),
    },
    {
      why: 'multipart: complete without an id',
      ...mpu('complete', { path: 'a.bin', parts: [] }),
      ...missing('upload_id'),
    },
    { why: 'multipart: abort', ...mpu('abort', { path: 'a.bin', upload_id: 'u' }), ...unsupported('Multipart upload') },
    {
      why: 'presigned: download through the proxy',
      ...get(`/api/2.0/mlflow-artifacts/presigned/${HERE}/a.bin`),
      ...unsupported('Presigned download'),
    },
    {
      why: 'presigned: download',
      ...post('artifacts/presigned-download-url', { run_id: 'RUN', path: 'a.bin' }),
      ...unsupported('Presigned download'),
    },
    {
      why: 'presigned: download that lasts too long',
      ...post('artifacts/presigned-download-url', { run_id: 'RUN', path: 'a.bin', expiration: '604801' }),
      ...refused('expiration must be between 1 and 604800 seconds'),
    },
    {
      why: 'presigned: download without a run',
      ...post('artifacts/presigned-download-url', { path: 'a.bin' }),
      ...missing('run_id'),
    },
    {
      why: 'presigned: upload',
      ...post('artifacts/presigned-upload-url', { run_id: 'RUN', path: 'a.bin' }),
      ...unsupported('Presigned upload'),
    },
    {
      why: 'presigned: upload to nobody',
      ...post('artifacts/presigned-upload-url', { path: 'a.bin' }),
      ...refused('Exactly one of run_id and model_id must be provided.'),
    },
    {
      why: 'presigned: upload to two',
      ...post('artifacts/presigned-upload-url', { run_id: 'RUN', model_id: 'MODEL', path: 'a.bin' }),
      ...refused('Exactly one of run_id and model_id must be provided.'),
    },
  ],
}
