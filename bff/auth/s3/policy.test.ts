import { expect, test } from 'vitest'
import type { S3Config } from './places.ts'
import { placeOf } from './places.ts'
import type { S3Level } from './policy.ts'
import { policyFor } from './policy.ts'

const main = { bucket: 'lake', prefix: 'root', endpoint: undefined, region: 'eu-west-1' }
const team = { bucket: 'lake', prefix: 'root/team', region: 'eu-west-1' }
const whole = { bucket: 'whole', prefix: '' }
const config: S3Config = { main, buckets: [team, whole], sts: undefined }

test.each([
  { location: 'mlflow-artifacts:/1', bucket: 'lake', prefix: 'root/1/' },
  { location: 's3://lake/root/1', bucket: 'lake', prefix: 'root/1/' },
  { location: 's3://lake/root/team/fraud/', bucket: 'lake', prefix: 'root/team/fraud/' },
  { location: 's3://whole/a', bucket: 'whole', prefix: 'a/' },
])('$location is $prefix of $bucket', ({ location, bucket, prefix }) => {
  expect(placeOf(config, location)).toMatchObject({ bucket, prefix })
})

test.each(['s3://lake/root-2/1', 's3://other/root/1', 'file:///data/1'])(
  '%s is no place of this server',
  (location) => {
    expect(() => placeOf(config, location)).toThrow(/in no S3 store that this server knows/)
  },
)

/** As IAM decides: an action on a resource, and the prefix that a list names. */
function isAllowed(policy: ReturnType<typeof policyFor>, action: string, resource: string, listed?: string): boolean {
  return policy.Statement.some((statement) => {
    const prefixes = 'Condition' in statement ? statement.Condition?.StringLike['s3:prefix'] : undefined
    return (
      statement.Action.includes(action) &&
      statement.Resource.some((pattern) => isLike(pattern, resource)) &&
      (!prefixes || prefixes.some((pattern) => isLike(pattern, listed ?? '')))
    )
  })
}

/** `*` is anything, `?` one character, `${*}` a star itself. */
const isLike = (pattern: string, text: string) =>
  new RegExp(
    `^${pattern.replace(/\$\{(.)\}|([*?])|([^*?])/gsu, (_whole, literal: string, wild: string, other: string) =>
      wild === '*' ? '.*' : wild === '?' ? '.' : (literal ?? other).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
    )}$`,
    's',
  ).test(text)

const can = (level: S3Level, action: string, key: string) =>
  isAllowed(policyFor({ bucket: 'lake', prefix: 'root/1/' }, level), action, `arn:aws:s3:::lake/${key}`)

test.each<{ action: string; levels: S3Level[] }>([
  { action: 's3:GetObject', levels: ['read', 'edit', 'manage'] },
  { action: 's3:PutObject', levels: ['edit', 'manage'] },
  { action: 's3:AbortMultipartUpload', levels: ['edit', 'manage'] },
  { action: 's3:DeleteObject', levels: ['manage'] },
  { action: 's3:PutBucketPolicy', levels: [] },
  { action: 's3:DeleteBucket', levels: [] },
])('$action: $levels', ({ action, levels }) => {
  expect((['read', 'edit', 'manage'] as const).filter((level) => can(level, action, 'root/1/r/artifacts/a'))).toEqual(
    levels,
  )
})

test.each(['root/10/a', 'root/1-x/a', 'root/1', 'root/', 'root/2/1/a', '1/a', 'root/1x/a'])(
  'experiment 1 is not %s',
  (key) => {
    expect(can('manage', 's3:GetObject', key)).toBe(false)
  },
)

test.each([
  { prefix: 'root/1/', may: true },
  { prefix: 'root/1/run/', may: true },
  { prefix: 'root/1', may: false },
  { prefix: 'root/10/', may: false },
  { prefix: 'root/1-x/', may: false },
  { prefix: 'root/', may: false },
  { prefix: '', may: false },
  { prefix: undefined, may: false },
])('listing $prefix: $may', ({ prefix, may }) => {
  const policy = policyFor({ bucket: 'lake', prefix: 'root/1/' }, 'read')
  expect(isAllowed(policy, 's3:ListBucket', 'arn:aws:s3:::lake', prefix)).toBe(may)
  expect(isAllowed(policy, 's3:ListBucket', 'arn:aws:s3:::other', prefix)).toBe(false)
})

test('a star in a prefix is a star', () => {
  const policy = policyFor({ bucket: 'lake', prefix: 'a*$/' }, 'read')
  expect(isAllowed(policy, 's3:GetObject', 'arn:aws:s3:::lake/a*$/x')).toBe(true)
  expect(isAllowed(policy, 's3:GetObject', 'arn:aws:s3:::lake/abc$/x')).toBe(false)
})
