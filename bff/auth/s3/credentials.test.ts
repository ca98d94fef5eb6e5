import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Output } from '#contract'
import { applyAccessFiles, createExperiment, createS3Credentials, createToken } from '#contract'
import { rows, sql } from '#kit/sql.ts'
import { call } from '../../../web/lib/client.ts'
import { temporaryFolder } from '../../test/artifact-places.ts'
import { peopleOf } from '../../test/people.ts'
import { startServer } from '../../test/server.ts'
import { policyFor } from './policy.ts'

test('without a role, and without S3, it is said what is missing', async () => {
  const store = { bucket: 'b', prefix: 'root' }
  for (const { s3, says } of [
    { s3: { main: undefined, buckets: [], sts: undefined }, says: /in no S3 store that this server knows/ },
    { s3: { main: store, buckets: [], sts: undefined }, says: /start it with --s3-sts-role=ARN/ },
  ]) {
    const server = await startServer({ auth: { s3 } })
    const admin = await peopleOf(server).add('root', { is_admin: true })
    const { experiment_id } = await admin.ask(createExperiment, { name: 'e' })
    const asked = admin.ask(createS3Credentials, { experiment_id })
    await expect(asked).rejects.toMatchObject({ status: 501, message: expect.stringMatching(says) })
    await server.close()
  }
})

test('a place that holds or is within that of another experiment is reached through the server alone', async () => {
  const team = { kind: 's3' as const, bucket: 'team', prefix: '', region: 'us-east-1', endpoint: 'http://127.0.0.1:9' }
  const server = await startServer({
    artifacts: { store: { kind: 'folder', folder: await temporaryFolder() }, buckets: [team] },
    auth: { s3: { main: undefined, buckets: [team], sts: undefined } },
  })
  const admin = await peopleOf(server).add('root', { is_admin: true })
  const of = async (artifact_location: string) => {
    const { experiment_id } = await admin.ask(createExperiment, { name: artifact_location, artifact_location })
    return () => admin.ask(createS3Credentials, { experiment_id }).catch(({ status }: { status: number }) => status)
  }
  const outer = await of('s3://team/a')
  const inner = await of('s3://team/a/b')
  const beside = await of('s3://team/ab')
  // 501: what is missing is the role alone
  expect([await outer(), await inner(), await beside()]).toEqual([409, 409, 501])
  await server.close()
})

// Everything of AWS that is asked here, on this machine: moto's server. It knows roles and enforces the policies of users, but
// neither session policies nor conditions, which policy.test.ts decides.
const moto = process.env.ASSAY_TEST_MOTO_URL ?? ''

describe.runIf(moto)('at an STS and IAM server', () => {
  const bucket = `assay-${randomUUID()}`
  const root = { accessKeyId: 'root', secretAccessKey: 'root' }
  const keys = { region: 'us-east-1', endpoint: moto, forcePathStyle: true }
  const owner = new S3Client({ ...keys, credentials: root })
  const store = { bucket, prefix: 'root', endpoint: moto, region: 'us-east-1', credentials: root }
  const asked: URLSearchParams[] = []
  let server: Awaited<ReturnType<typeof startServer>>
  let closeListener = async () => {}
  beforeAll(async () => {
    await owner.send(new CreateBucketCommand({ Bucket: bucket }))
    const { endpoint, close } = await listenIn(asked)
    closeListener = close
    const sts = { role: 'arn:aws:iam::123456789012:role/assay', endpoint }
    server = await startServer({ auth: { s3: { main: store, buckets: [], sts } } })
  })
  afterAll(async () => {
    await enforce('inf')
    owner.destroy()
    await server.close()
    await closeListener()
  })

  test('who may see an experiment gets an hour in its place, for as much as they may do and their token allows', async () => {
    const people = peopleOf(server)
    const admin = await people.add('root', { is_admin: true })
    const ann = await people.add('ann', { email: 'ann@example.org' })
    const bob = await people.add('bob', { email: 'bob@example.org' })
    const eve = await people.add('eve')
    await admin.ask(applyAccessFiles, {
      files: { 'e.yaml': 'experiment: e\naccess: {edit: [ann@example.org], read: [bob@example.org]}\n' },
    })
    const [{ experiment_id } = { experiment_id: '' }] = await rows<{ experiment_id: string }>(
      server.database!,
      sql`select experiment_id::text as experiment_id from access_files`,
    )
    const given = await ann.ask(createS3Credentials, { experiment_id })
    expect(given).toMatchObject({ bucket, prefix: `root/${experiment_id}/`, level: 'edit', endpoint: moto })
    const minutes = (Number(given.expires_at) - Date.now()) / 60_000
    expect(minutes).toBeGreaterThan(55)
    expect(minutes).toBeLessThanOrEqual(60)
    expect(await whoIs(given)).toMatch(/:assumed-role\/assay\/assay-ann$/)

    expect(Object.fromEntries(asked.at(-1) ?? [])).toMatchObject({
      Action: 'AssumeRole',
      RoleSessionName: 'assay-ann',
      DurationSeconds: '3600',
      Policy: JSON.stringify(policyFor({ bucket, prefix: `root/${experiment_id}/` }, 'edit')),
    })

    expect(await bob.ask(createS3Credentials, { experiment_id })).toMatchObject({ level: 'read' })
    expect(await admin.ask(createS3Credentials, { experiment_id })).toMatchObject({ level: 'manage' })
    await expect(eve.ask(createS3Credentials, { experiment_id })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    const { token } = await ann.ask(createToken, { name: 'reads', scopes: ['read'] })
    const held = { base: server.base, headers: { authorization: `Bearer ${token}` } }
    expect(await call(createS3Credentials, { experiment_id }, held)).toMatchObject({ level: 'read' })

    const audit = await rows<{ actor: string; level: string; details: string }>(
      server.database!,
      sql`select actor, details->>'level' as level, details::text as details from audit where action = 's3.credentials' order by seq`,
    )
    expect(audit.map(({ actor, level }) => [actor, level])).toEqual([
      ['ann', 'edit'],
      ['bob', 'read'],
      ['root', 'manage'],
      ['ann', 'read'],
    ])
    expect(JSON.stringify(audit)).not.toContain(given.secret_access_key)
  })

  test('a holder of experiment 1 gets nothing of 10 and 1-x', async () => {
    const body = { Bucket: bucket, Body: 'secret' }
    for (const key of ['root/1/a', 'root/10/a', 'root/1-x/a'])
      await owner.send(new PutObjectCommand({ ...body, Key: key }))
    const reader = await newUser('reader', 'read')
    const editor = await newUser('editor', 'edit')
    const manager = await newUser('manager', 'manage')
    await enforce('0')
    const get = (s3: S3Client, Key: string) => statusOf(s3.send(new GetObjectCommand({ Bucket: bucket, Key })))
    const put = (s3: S3Client, Key: string) => statusOf(s3.send(new PutObjectCommand({ ...body, Key })))
    const remove = (s3: S3Client, Key: string) => statusOf(s3.send(new DeleteObjectCommand({ Bucket: bucket, Key })))
    for (const s3 of [reader, editor, manager]) {
      expect(await get(s3, 'root/1/a')).toBe(200)
      expect(await get(s3, 'root/10/a')).toBe(403)
      expect(await get(s3, 'root/1-x/a')).toBe(403)
      expect(await put(s3, 'root/10/b')).toBe(403)
      expect(await put(s3, 'root/1-x/b')).toBe(403)
    }
    expect([await put(reader, 'root/1/b'), await put(editor, 'root/1/b')]).toEqual([403, 200])
    expect([await remove(editor, 'root/1/b'), await remove(manager, 'root/1/b')]).toEqual([403, 204])
  })

  async function whoIs({ access_key_id, secret_access_key, session_token }: Output<typeof createS3Credentials>) {
    const credentials = { accessKeyId: access_key_id, secretAccessKey: secret_access_key, sessionToken: session_token }
    const client = new STSClient({ region: 'us-east-1', endpoint: moto, credentials })
    const { Arn } = await client.send(new GetCallerIdentityCommand({}))
    client.destroy()
    return Arn
  }

  /** Somebody whose own policy is the one of a level on experiment 1. */
  async function newUser(name: string, level: Parameters<typeof policyFor>[1]) {
    const UserName = `${name}-${randomUUID()}`
    await iam({ Action: 'CreateUser', UserName })
    const PolicyDocument = JSON.stringify(policyFor({ bucket, prefix: 'root/1/' }, level))
    await iam({ Action: 'PutUserPolicy', UserName, PolicyName: 'assay', PolicyDocument })
    const made = await iam({ Action: 'CreateAccessKey', UserName })
    const of = (tag: string) => new RegExp(`<${tag}>([^<]+)<`).exec(made)?.[1] ?? ''
    return new S3Client({
      ...keys,
      credentials: { accessKeyId: of('AccessKeyId'), secretAccessKey: of('SecretAccessKey') },
    })
  }

  async function iam(form: Record<string, string>) {
    const response = await fetch(moto, {
      method: 'POST',
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=root/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x',
      },
      body: new URLSearchParams({ ...form, Version: '2010-05-08' }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return text
  }
})

/** The same server, and what it was asked: it says nothing of session policies. */
async function listenIn(asked: URLSearchParams[]) {
  const http = createServer(async (request, response) => {
    const body = String(await buffer(request))
    asked.push(new URLSearchParams(body))
    const { authorization = '' } = request.headers
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await fetch(moto, { method: 'POST', headers, body })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    response.end(await answer.text())
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close: () => new Promise<void>((resolve) => void http.close(() => resolve())),
  }
}

/** After how many requests it looks at who is asking. */
const enforce = (count: string) => fetch(`${moto}/moto-api/reset-auth`, { method: 'POST', body: count })

const statusOf = (sent: Promise<{ $metadata: { httpStatusCode?: number } }>) =>
  sent.then(
    ({ $metadata }) => $metadata.httpStatusCode,
    (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode ?? String(error),
  )
