import { createHash, randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What the program asked of S3, in S3's terms. */
export type S3Request = {
  method: string
  bucket: string
  key: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
}

/** Looks at a request first: what it answers itself it answers true for. */
export type Fault = (request: S3Request, response: ServerResponse, whole: IncomingMessage) => boolean

type Stored = { body: Buffer; etag: string; modified: Date; headers: Record<string, string> }
type Upload = { bucket: string; key: string; begun: Date; headers: Record<string, string>; parts: Map<number, Stored> }

/** An S3 server in memory that misbehaves on demand, by path or by host name. What a real one does is tested with a real one. */
export async function startS3Stub({
  pageSize = 1000,
  tls,
}: {
  pageSize?: number
  tls?: { key: string; cert: string }
} = {}) {
  const objects = new Map<string, Stored>()
  const uploads = new Map<string, Upload>()
  const asked: S3Request[] = []
  let faults: Fault[] = []

  const listener: RequestListener = (message, response) => {
    const request = readRequest(message)
    asked.push(request)
    response.on('error', () => {})
    if (faults.some((fault) => fault(request, response, message))) return
    buffer(message).then(
      (body) => serve(request, body, response),
      () => response.destroy(),
    )
  }

  function serve(request: S3Request, body: Buffer, response: ServerResponse) {
    const { method, bucket, key, query, headers } = request
    const id = `${bucket}/${key}`
    const md5 = headers['content-md5']
    if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64'))
      return refuse(response, 400, 'BadDigest')
    const upload = uploads.get(query.get('uploadId') ?? '')
    if (query.has('uploadId') && !upload) return refuse(response, 404, 'NoSuchUpload')
    if (!key) return ofBucket(request, body, response)
    switch (method) {
      case 'PUT': {
        const stored = store(body, kept(headers))
        if (upload) upload.parts.set(Number(query.get('partNumber')), stored)
        else objects.set(id, stored)
        return response.writeHead(200, { etag: stored.etag }).end()
      }
      case 'POST': {
        if (upload) return complete(upload, query.get('uploadId') ?? '', body, response)
        const uploadId = randomUUID()
        uploads.set(uploadId, { bucket, key, begun: new Date(), headers: kept(headers), parts: new Map() })
        return xml(
          response,
          `<InitiateMultipartUploadResult><UploadId>${uploadId}</UploadId></InitiateMultipartUploadResult>`,
        )
      }
      case 'DELETE':
        if (upload) uploads.delete(query.get('uploadId') ?? '')
        else objects.delete(id)
        return response.writeHead(204).end()
      default:
        if (upload) return listParts(upload, response)
        return get(request, objects.get(id), response)
    }
  }

  function complete(upload: Upload, uploadId: string, body: Buffer, response: ServerResponse) {
    const named = [...String(body).matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
      etag: (/<ETag>(.*?)<\/ETag>/.exec(part)?.[1] ?? '').replaceAll('&quot;', '"'),
      number: Number(/<PartNumber>(\d+)/.exec(part)?.[1]),
    }))
    const parts = named.map(({ number, etag }) => {
      const part = upload.parts.get(number)
      return part?.etag === `"${etag.replaceAll('"', '')}"` ? part : undefined
    })
    if (parts.length === 0 || parts.some((part) => !part)) return refuse(response, 400, 'InvalidPart')
    const whole = store(Buffer.concat(parts.flatMap((part) => part?.body ?? [])), upload.headers)
    objects.set(`${upload.bucket}/${upload.key}`, { ...whole, etag: whole.etag.replace(/"$/, `-${parts.length}"`) })
    uploads.delete(uploadId)
    return xml(response, '<CompleteMultipartUploadResult></CompleteMultipartUploadResult>')
  }

  function ofBucket({ method, bucket, query }: S3Request, body: Buffer, response: ServerResponse) {
    if (method === 'HEAD') return response.writeHead(200).end()
    if (method === 'POST') {
      for (const [, key = ''] of String(body).matchAll(/<Key>(.*?)<\/Key>/g)) objects.delete(`${bucket}/${key}`)
      return xml(response, '<DeleteResult></DeleteResult>')
    }
    return query.has('uploads') ? listUploads(bucket, query, response) : list(bucket, query, response)
  }

  function listUploads(bucket: string, query: URLSearchParams, response: ServerResponse) {
    const found = [...uploads].filter(
      ([, upload]) => upload.bucket === bucket && upload.key.startsWith(query.get('prefix') ?? ''),
    )
    const rows = found.map(
      ([id, { key, begun }]) =>
        `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${begun.toISOString()}</Initiated></Upload>`,
    )
    return xml(
      response,
      `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${rows.join('')}</ListMultipartUploadsResult>`,
    )
  }

  function list(bucket: string, query: URLSearchParams, response: ServerResponse) {
    const prefix = query.get('prefix') ?? ''
    const delimiter = query.get('delimiter')
    const names = new Set<string>()
    for (const id of [...objects.keys()].sort()) {
      if (!id.startsWith(`${bucket}/${prefix}`)) continue
      const rest = id.slice(bucket.length + 1 + prefix.length)
      const cut = delimiter ? rest.indexOf(delimiter) : -1
      names.add(prefix + (cut < 0 ? rest : rest.slice(0, cut + 1)))
    }
    const after = query.get('continuation-token')
    const all = [...names].filter((name) => after === null || name > after)
    const most = Math.min(pageSize, Number(query.get('max-keys') ?? pageSize))
    const page = all.slice(0, most).map((name) => {
      const stored = objects.get(`${bucket}/${name}`)
      return stored
        ? `<Contents><Key>${name}</Key><Size>${stored.body.length}</Size></Contents>`
        : `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`
    })
    const more =
      all.length > most
        ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${all[most - 1]}</NextContinuationToken>`
        : ''
    return xml(
      response,
      `<ListBucketResult><KeyCount>${page.length}</KeyCount>${more}${page.join('')}</ListBucketResult>`,
    )
  }

  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `${tls ? 'https' : 'http'}://localhost:${port}`,
    port,
    objects,
    uploads,
    asked,
    /** Those that looked before are gone. */
    misbehave: (...next: Fault[]) => {
      faults = next
    },
    forget() {
      faults = []
      asked.length = 0
      objects.clear()
      uploads.clear()
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type S3Stub = Awaited<ReturnType<typeof startS3Stub>>

/** `/bucket/key` on localhost; below any other name the name's first part is the bucket. */
function readRequest({ method = '', url = '', headers }: IncomingMessage): S3Request {
  const { pathname, searchParams } = new URL(url, 'http://s3')
  const [host = ''] = (headers.host ?? '').split(':')
  const named = host.endsWith('.localhost') ? [host.slice(0, -'.localhost'.length)] : []
  const [bucket = '', ...key] = [...named, ...decodeURIComponent(pathname).slice(1).split('/')]
  return { method, bucket, key: key.join('/'), query: searchParams, headers }
}

const kept = (headers: IncomingHttpHeaders) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-amz-server-side'))) as Record<
    string,
    string
  >

const store = (body: Buffer, headers: Record<string, string>): Stored => ({
  body,
  etag: `"${createHash('md5').update(body).digest('hex')}"`,
  modified: new Date(),
  headers,
})

function listParts({ parts }: Upload, response: ServerResponse) {
  const rows = [...parts].map(
    ([number, { body }]) => `<Part><PartNumber>${number}</PartNumber><Size>${body.length}</Size></Part>`,
  )
  return xml(response, `<ListPartsResult><IsTruncated>false</IsTruncated>${rows.join('')}</ListPartsResult>`)
}

function get({ method, headers, query }: S3Request, stored: Stored | undefined, response: ServerResponse) {
  if (!stored) return refuse(response, 404, 'NoSuchKey')
  if (headers['if-match'] !== undefined && headers['if-match'] !== stored.etag)
    return refuse(response, 412, 'PreconditionFailed')
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? []
  const body =
    first === undefined ? stored.body : stored.body.subarray(Number(first), last ? Number(last) + 1 : undefined)
  const range =
    first === undefined
      ? {}
      : { 'content-range': `bytes ${first}-${Number(first) + body.length - 1}/${stored.body.length}` }
  const disposition = query.get('response-content-disposition')
  response.writeHead(first === undefined ? 200 : 206, {
    etag: stored.etag,
    'last-modified': stored.modified.toUTCString(),
    'content-length': body.length,
    ...range,
    ...(disposition && { 'content-disposition': disposition }),
  })
  return response.end(method === 'HEAD' ? undefined : body)
}

const xml = (response: ServerResponse, text: string) =>
  response.writeHead(200, { 'content-type': 'application/xml' }).end(text)

export function refuse(response: ServerResponse, status: number, code: string) {
  return response.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code></Error>`)
}
