import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ConfigError, readConfig } from '../config.ts'
import { masked } from './mask.ts'

const folder = mkdtempSync(join(tmpdir(), 'assay-buckets-'))
const file = join(folder, 'buckets.yaml')
const secret = join(folder, 'secret')
const empty = join(folder, 'empty')
writeFileSync(secret, 'geheim\n')
writeFileSync(empty, '\n')

const env = { TEAM_KEY: 'AKIATEAM', TEAM_SECRET: 'geheim' }

function read(text: string, argv: string[] = []) {
  writeFileSync(file, text)
  return readConfig(['--artifact-buckets', file, ...argv], env)
}
const buckets = (text: string, argv?: string[]) => read(text, argv).tracking.artifacts.buckets

test('each bucket has its own server, credentials and encryption', () => {
  const text = `
buckets:
  - prefix: s3://team-a/mlflow/
    endpoint: https://minio.example.com:9000
    public_endpoint: https://s3.example.com
    ca_file: ${secret}
    access_key_id: {variable: TEAM_KEY}
    secret_access_key: {file: ${secret}}
    encryption: aws:kms
    kms_key: alias/a
  - prefix: s3://team-b
    region: eu-central-1
    profile: team-b
`
  expect(buckets(text)).toEqual([
    {
      kind: 's3',
      bucket: 'team-a',
      prefix: 'mlflow',
      endpoint: 'https://minio.example.com:9000',
      publicEndpoint: 'https://s3.example.com',
      region: undefined,
      pathStyle: true,
      caFile: secret,
      encryption: { algorithm: 'aws:kms', keyId: 'alias/a' },
      credentials: { accessKeyId: 'AKIATEAM', secretAccessKey: { file: secret }, sessionToken: undefined },
    },
    {
      kind: 's3',
      bucket: 'team-b',
      prefix: '',
      endpoint: undefined,
      publicEndpoint: undefined,
      region: 'eu-central-1',
      pathStyle: false,
      caFile: undefined,
      encryption: undefined,
      credentials: { profile: 'team-b' },
    },
  ])
})

test('a bucket without an endpoint is on the server of the others', () => {
  const server = ['--s3-endpoint=http://minio:9000', '--s3-region=here']
  expect(buckets('buckets: [{prefix: "s3://team"}]', server)).toMatchObject([
    { endpoint: 'http://minio:9000', region: 'here', pathStyle: true },
  ])
  expect(buckets('buckets: [{prefix: "s3://team", addressing: virtual, region: there}]', server)).toMatchObject([
    { endpoint: 'http://minio:9000', region: 'there', pathStyle: false },
  ])
})

test('secrets are not shown', () => {
  const config = read(
    'buckets: [{prefix: "s3://t-1", access_key_id: {variable: TEAM_KEY}, secret_access_key: {variable: TEAM_SECRET}}]',
  )
  expect(config.tracking.artifacts.buckets).toMatchObject([{ credentials: { secretAccessKey: 'geheim' } }])
  expect(JSON.stringify(masked(config))).not.toMatch(/geheim|AKIATEAM/)
})

test.each([
  { why: 'no YAML', text: 'buckets: [', says: /:1: / },
  { why: 'nothing', text: '', says: /:1: buckets is missing/ },
  { why: 'a text', text: 'buckets', says: /:1: buckets is missing/ },
  { why: 'an empty list', text: 'buckets: []', says: /:1: buckets must name at least one/ },
  { why: 'no list', text: 'buckets: {a: 1}', says: /:1: buckets must be a list/ },
  { why: 'another list', text: 'bukets: []\nbuckets: [{prefix: "s3://aaa"}]', says: /:1: bukets is not a setting/ },
  { why: 'no prefix', text: 'buckets:\n  - region: x', says: /:2: buckets\[0\]\.prefix is missing/ },
  { why: 'another scheme', text: 'buckets:\n  - prefix: gs://aaa/b', says: /:2: buckets\[0\]\.prefix must be s3:/ },
  { why: 'a prefix that climbs', text: 'buckets:\n  - prefix: s3://aaa/../b', says: /:2: .*prefix must be s3:/ },
  {
    why: 'a field with another name',
    text: 'buckets:\n  - prefix: s3://aaa\n    secret: x',
    says: /:3: buckets\[0\]\.secret is not a setting; there are prefix, /,
  },
  {
    why: 'a secret itself',
    text: 'buckets:\n  - prefix: s3://aaa\n    access_key_id: AKIA',
    says: /:3: buckets\[0\]\.access_key_id must say where it is/,
  },
  {
    why: 'half of the credentials',
    text: 'buckets:\n  - prefix: s3://aaa\n    access_key_id: {variable: TEAM_KEY}',
    says: /:3: .*access_key_id needs secret_access_key/,
  },
  {
    why: 'two kinds of credentials',
    text: 'buckets:\n  - prefix: s3://aaa\n    profile: p\n    access_key_id: {variable: TEAM_KEY}\n    secret_access_key: {variable: TEAM_SECRET}',
    says: /:3: .*profile and access_key_id are two ways/,
  },
  {
    why: 'a variable that is not set',
    text: 'buckets:\n  - prefix: s3://aaa\n    access_key_id: {variable: TEAM_KEY}\n    secret_access_key: {variable: GONE}',
    says: /:4: .*secret_access_key names the variable GONE, which is not set/,
  },
  {
    why: 'a file that is empty',
    text: `buckets:\n  - prefix: s3://aaa\n    ca_file: ${empty}`,
    says: /:3: .*ca_file names .*empty, which is empty/,
  },
  {
    why: 'a key without its encryption',
    text: 'buckets:\n  - prefix: s3://aaa\n    kms_key: k',
    says: /:3: .*kms_key needs encryption: aws:kms/,
  },
  {
    why: 'one prefix twice',
    text: 'buckets:\n  - prefix: s3://aaa/b\n  - prefix: s3://aaa/b/',
    says: /:3: buckets\[1\]\.prefix names s3:\/\/aaa\/b a second time/,
  },
  {
    why: 'an endpoint with a path',
    text: 'buckets:\n  - {prefix: "s3://aaa", endpoint: "http://h/x"}',
    says: /:2: .*endpoint must be/,
  },
])('a file with $why is refused with its line and field', ({ text, says }) => {
  expect(() => read(text)).toThrow(ConfigError)
  expect(() => read(text)).toThrow(says)
  expect(() => read(text)).toThrow(new RegExp(`^${file}`))
})
