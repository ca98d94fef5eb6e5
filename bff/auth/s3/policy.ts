import type { S3Place } from './places.ts'

/** What one may do with an experiment's place: see, add and overwrite, or remove as well. */
export const S3_LEVELS = ['read', 'edit', 'manage'] as const
export type S3Level = (typeof S3_LEVELS)[number]

const READ = ['s3:GetObject']
const EDIT = [...READ, 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts']
const ACTIONS: Record<S3Level, readonly string[]> = { read: READ, edit: EDIT, manage: [...EDIT, 's3:DeleteObject'] }

/**
 * An IAM policy document that allows this and nothing else. The slash before the star keeps `1/` from meaning `10/`, and a list
 * that does not begin with the prefix is refused, that of the whole bucket too.
 */
export const policyFor = ({ bucket, prefix }: Pick<S3Place, 'bucket' | 'prefix'>, level: S3Level) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: [`arn:aws:s3:::${bucket}`],
      Condition: { StringLike: { 's3:prefix': [`${literal(prefix)}*`] } },
    },
    { Effect: 'Allow', Action: ACTIONS[level], Resource: [`arn:aws:s3:::${bucket}/${literal(prefix)}*`] },
  ],
})

/** What is a pattern or a variable in a policy, as itself. */
const literal = (text: string) => text.replace(/[*?$]/g, (special) => `\${${special}}`)
