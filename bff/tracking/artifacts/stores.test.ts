import { beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../test/artifact-places.ts'
import type { BucketConfig } from './open.ts'
import type { Stores } from './stores.ts'
import { openStores } from './stores.ts'

const RUN = 'a'.repeat(32)
const bucket = (name: string, prefix: string): BucketConfig => ({ kind: 's3', bucket: name, prefix })

let stores: Stores
let without: Stores

beforeAll(async () => {
  const folder = await temporaryFolder()
  stores = await openStores({
    store: bucket('own', 'mlflow'),
    buckets: [bucket('team', 'a'), bucket('own', ''), bucket('team', 'a/b')],
  })
  without = await openStores({ store: { kind: 'folder', folder } })
  return () => Promise.all([stores.close(), without.close()])
})

describe('an experiment may choose', () => {
  test.each([
    ['s3://team/a', 's3://team/a'],
    ['s3://team/a/', 's3://team/a'],
    ['s3://team/a//x/y', 's3://team/a/x/y'],
    ['s3://own/elsewhere', 's3://own/elsewhere'],
    ['s3://own', 's3://own'],
  ])('%s', (asked, gets) => expect(stores.allowed(asked)).toBe(gets))
})

describe('an experiment may not choose', () => {
  test.each([
    's3://team',
    's3://team/ab',
    's3://team/',
    's3://teams/a',
    's3://team.evil.example/a',
    's3://team@evil/a',
    's3://team:80/a',
    's3:/team/a',
    's3:team/a',
    'S3://team/a',
    's3a://team/a',
    's3n://team/a',
    ' s3://team/a',
    's3://team/a\n',
    's3://team/a/../b',
    's3://team/a/..',
    's3://team/a/./x',
    's3://team/a/%2e%2e/x',
    's3://team/a/..%2f..%2fx',
    's3://team/a%2fx',
    's3://team/a/%252e%252e',
    's3://team/a?x=/../../etc',
    's3://team/a#/../x',
    's3://team/a;..%2F..%2Fetc',
    's3://team/a\\..\\x',
    `s3://team/a/${RUN}/artifacts`,
    `s3://team/a/${RUN}/artifacts/x`,
    `s3://team/a/models/m-${RUN}/artifacts/x`,
    's3://own/mlflow',
    's3://own/mlflow/7',
    'mlflow-artifacts:/7',
    'mlflow-artifacts:',
    'file:///etc',
    '/etc',
    'http:///?/../../../etc/',
    'http:///#/../../etc/',
    'http://host/;..%2F..%2Fetc',
    'http://127.0.0.1:1/x',
    'dbfs:/x',
    'hdfs://h/x',
    'gs://team/a',
    'wasbs://c@a/x',
    'sftp://h/x',
    'runs:/x',
    'team/a',
  ])('%s', (location) => {
    const refused = { code: 'INVALID_PARAMETER_VALUE', message: expect.stringMatching('s3://team/a or s3://own or') }
    expect(() => stores.allowed(location)).toThrow(expect.objectContaining(refused))
    expect(() => without.allowed(location)).toThrow('leave artifact_location out')
  })
})

describe('the artifacts of a location are in', () => {
  test.each([
    ['mlflow-artifacts:/7', true, ['7']],
    ['s3://own/mlflow/7', true, ['7']],
    ['s3://own/x', false, ['x']],
    ['s3://team/a/x', false, ['x']],
    ['s3://team/a', false, []],
    ['s3://team/a/b/c', false, ['c']],
  ])('%s', (location, inMain, path) => {
    const { store, folder } = stores.of(location)
    expect([store === stores.main, folder]).toEqual([inMain, path])
  })

  test.each(['s3://team', 's3://gone/a', 'file:///srv/artifacts/7'])(
    '%s, which is not served, are not lost',
    (location) => {
      expect(() => stores.of(location)).toThrow(
        expect.objectContaining({ code: 'NOT_IMPLEMENTED', message: expect.stringContaining(location) }),
      )
    },
  )
})
