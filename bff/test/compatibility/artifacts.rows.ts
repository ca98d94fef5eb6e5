import type { Table } from './row.ts'
import { absent, answers, get, missing, post, refused } from './row.ts'

const RUN = '/api/assay/runs/FILES_RUN'
const MODEL = '/api/assay/logged-models/FILES_MODEL'
const MLMODEL = {
  size: 12,
  sha256: '7f8f4a879eefb3f9fed9c6af4077c9acb0db066b2906d6570c42913478686b0f',
  media_type: 'text/plain; charset=utf-8',
}
const FILES = 'logged-models/FILES_MODEL/artifacts'
/** Made anew each time, with its own dates: asked once, and not below both prefixes. */
const zipped = (path: string) => get(path.replace('/api/', '/ajax-api/'))

export const artifacts: Table = {
  about: 'artifacts, and what is ours of them',
  rows: [
    {
      why: 'a list has folders first, and sizes',
      ...get('artifacts/list?run_id=FILES_RUN'),
      ...answers({
        root_uri: 'mlflow-artifacts:/FRESH/FILES_RUN/artifacts',
        files: [
          { path: 'model', is_dir: true },
          { path: 'about.txt', is_dir: false, file_size: 13 },
        ],
      }),
    },
    {
      why: 'a list of a folder has paths from the run on',
      ...get('artifacts/list?run_id=FILES_RUN&path=model'),
      ...answers({ files: [{ path: 'model/MLmodel', is_dir: false, file_size: 12 }] }),
    },
    {
      why: 'a list of a file has nothing',
      ...get('artifacts/list?run_id=FILES_RUN&path=about.txt'),
      ...answers(),
      without: ['files.0'],
    },
    {
      why: 'a list by the proxy has names',
      ...get('/api/2.0/mlflow-artifacts/artifacts?path=FRESH/FILES_RUN/artifacts/model'),
      ...answers({ files: [{ path: 'MLmodel', is_dir: false, file_size: 12 }] }),
    },
    {
      why: 'a list of a model',
      ...get(`${FILES}/directories`),
      ...answers({ files: [{ path: 'MLmodel', is_dir: false, file_size: 12 }] }),
    },
    {
      why: 'a file of a model',
      ...get(`${FILES}/files?artifact_file_path=MLmodel`),
      status: 200,
      gives: 'text/plain; charset=utf-8',
    },
    { why: 'a file of a model that is not there', ...get(`${FILES}/files?artifact_file_path=x`), ...absent('x') },
    { why: 'a file', ...get('/get-artifact?run_id=FILES_RUN&path=about.txt'), status: 200 },
    {
      why: 'a part of a file',
      ...get('/get-artifact?run_id=FILES_RUN&path=about.txt'),
      headers: { range: 'bytes=5-11' },
      status: 206,
    },
    { why: 'HEAD of a file', method: 'HEAD', path: '/get-artifact?run_id=FILES_RUN&path=about.txt', status: 200 },
    { why: 'a folder is no file', ...get('/get-artifact?run_id=FILES_RUN&path=model'), ...refused('folder') },
    { why: 'a zip of a run', ...zipped(`${RUN}/artifacts.zip`), status: 200, gives: 'application/zip' },
    { why: 'a zip of a folder', ...zipped(`${RUN}/artifacts.zip?path=model`), status: 200, gives: 'application/zip' },
    { why: 'a zip of a model', ...zipped(`${MODEL}/artifacts.zip`), status: 200, gives: 'application/zip' },
    { why: 'a zip of a run without files', ...zipped('/api/assay/runs/RUN/artifacts.zip'), status: 200 },
    {
      why: 'HEAD of a zip',
      method: 'HEAD',
      path: `${RUN}/artifacts.zip`,
      status: 200,
      gives: 'application/zip',
    },
    { why: 'a zip of a file', ...get(`${RUN}/artifacts.zip?path=about.txt`), ...refused('file') },
    { why: 'a zip of a folder that is not there', ...get(`${RUN}/artifacts.zip?path=x`), ...absent('x') },
    { why: 'a zip of a path out', ...get(`${RUN}/artifacts.zip?path=../x`), ...refused('Invalid path') },
    { why: 'a zip of an unknown run', ...get('/api/assay/runs/ABSENT/artifacts.zip'), ...absent('ABSENT') },
    { why: 'a zip of an unknown model', ...get('/api/assay/logged-models/ABSENT/artifacts.zip'), ...absent('ABSENT') },
    {
      why: 'a zip of a deleted run, which can still be read',
      ...zipped('/api/assay/runs/DELETED_RUN/artifacts.zip'),
      status: 200,
    },
    {
      why: 'a ticket for a preview',
      ...post(`${RUN}/artifacts/preview-tickets`, { path: 'about.txt' }),
      ...answers({}),
    },
    {
      why: "a ticket for a model's file",
      ...post(`${MODEL}/artifacts/preview-tickets`, { path: 'MLmodel' }),
      ...answers({}),
    },
    { why: 'a ticket: no path', ...post(`${RUN}/artifacts/preview-tickets`), ...missing('path') },
    {
      why: 'a ticket for a file that is not there',
      ...post(`${RUN}/artifacts/preview-tickets`, { path: 'nothing.txt' }),
      ...absent('nothing.txt'),
    },
    {
      why: 'a ticket for a folder',
      ...post(`${RUN}/artifacts/preview-tickets`, { path: 'model' }),
      ...absent('model'),
    },
    {
      why: 'a ticket for a path out',
      ...post(`${RUN}/artifacts/preview-tickets`, { path: '../about.txt' }),
      ...refused('Invalid path'),
    },
    {
      why: 'a ticket for an unknown run',
      ...post('/api/assay/runs/ABSENT/artifacts/preview-tickets', { path: 'about.txt' }),
      ...absent('ABSENT'),
    },
    { why: 'a preview', ...get('/preview/TICKET/about.txt'), status: 200, gives: 'text/plain; charset=utf-8' },
    { why: 'HEAD of a preview', method: 'HEAD', path: '/preview/TICKET/about.txt', status: 200 },
    { why: 'a part of a preview', ...get('/preview/TICKET/about.txt'), headers: { range: 'bytes=0-3' }, status: 206 },
    {
      why: 'a preview by another name',
      ...get('/preview/TICKET/MLmodel'),
      status: 403,
      code: 'PERMISSION_DENIED',
      message: 'not the address of a preview',
    },
    {
      why: 'a preview by no ticket',
      ...get('/preview/UNIQUE/about.txt'),
      status: 403,
      code: 'PERMISSION_DENIED',
      message: 'not the address of a preview',
    },
    {
      why: 'records of all files',
      ...get(`${RUN}/artifacts/records`),
      ...answers({
        records: [
          { path: 'about.txt', size: 13, ended_time: null },
          { path: 'model/MLmodel', ...MLMODEL },
        ],
      }),
      without: ['next_page_token'],
    },
    {
      why: 'records of a folder',
      ...get(`${RUN}/artifacts/records?path=model&which=all`),
      ...answers({ records: [{ path: 'model/MLmodel', ...MLMODEL }] }),
    },
    {
      why: 'records of a model',
      ...get(`${MODEL}/artifacts/records`),
      ...answers({ records: [{ path: 'MLmodel', ...MLMODEL }] }),
    },
    {
      why: 'records where there are none',
      ...get('/api/assay/runs/RUN/artifacts/records'),
      ...answers({ records: [] }),
    },
    {
      why: 'records: the first page',
      ...get(`${RUN}/artifacts/records?max_results=1`),
      ...answers({ records: [{ path: 'about.txt' }] }),
    },
    { why: 'records: a page of none', ...get(`${RUN}/artifacts/records?max_results=0`), ...refused('max_results') },
    { why: 'records: which ones?', ...get(`${RUN}/artifacts/records?which=some`), ...refused('which') },
    { why: 'records: a token of nobody', ...get(`${RUN}/artifacts/records?page_token=x`), ...refused('page_token') },
    { why: 'records of an unknown run', ...get('/api/assay/runs/ABSENT/artifacts/records'), ...absent('ABSENT') },
    {
      why: 'records of an unknown model',
      ...get('/api/assay/logged-models/ABSENT/artifacts/records'),
      ...absent('ABSENT'),
    },
  ],
}
