import * as z from 'zod'
import type { Target } from './endpoint.ts'
import { endpoint, everyone, mayEdit, mayManage, mayRead, theModel, theRun } from './endpoint.ts'
import {
  AnswerInt64,
  Characters,
  Int64Field,
  listOf,
  Nothing,
  OptionalInt64,
  printedList,
  Required,
  Text,
  withRunId,
} from './wire.ts'

export const FileInfo = z
  .object({ path: z.string(), is_dir: z.boolean(), file_size: AnswerInt64.optional() })
  .meta({ id: 'FileInfo' })
export type FileInfo = z.output<typeof FileInfo>

/** A stream of bytes has no schema; what it carries is in its headers. */
const Bytes = z.unknown()
const theArtifact = (input: { path: string }): readonly Target[] => [{ artifact: input.path }]
const theFolder = (input: { path?: string | undefined }): readonly Target[] => [{ artifact: input.path ?? '' }]
const Address = z.object({ path: Required })

export const listArtifacts = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/artifacts/list',
  summary: "A folder of a run's artifacts. Paths are relative to the run.",
  permission: mayRead(theRun),
  input: withRunId({ path: Text, page_token: Text }),
  output: z.object({ root_uri: z.string(), files: printedList(FileInfo), next_page_token: z.string().optional() }),
})

export const getArtifact = endpoint({
  method: 'GET',
  path: '/get-artifact',
  transfer: 'download',
  summary: 'The bytes of one artifact of a run.',
  permission: mayRead(theRun),
  input: withRunId({ path: Required }),
  output: Bytes,
})

export const uploadRunArtifact = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/upload-artifact',
  transfer: 'upload',
  summary: 'Upload one artifact of at most 10 MiB from a browser.',
  permission: mayEdit(theRun),
  input: withRunId({ path: Text }),
  output: Nothing,
})

export const listModelArtifacts = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/logged-models/{model_id}/artifacts/directories',
  summary: "A folder of a logged model's artifacts. Paths are relative to the model.",
  permission: mayRead(theModel),
  input: z.object({ model_id: Required, artifact_directory_path: Text, page_token: Text }),
  output: listArtifacts.output,
})

export const getModelArtifact = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/logged-models/{model_id}/artifacts/files',
  transfer: 'download',
  summary: 'The bytes of one artifact of a logged model.',
  permission: mayRead(theModel),
  input: z.object({ model_id: Required, artifact_file_path: Required }),
  output: Bytes,
})

export const zipRunArtifacts = endpoint({
  method: 'GET',
  path: '/api/assay/runs/{run_id}/artifacts.zip',
  transfer: 'download',
  summary: "A folder of a run's artifacts, or all of them, as a zip that is made while it is sent.",
  permission: mayRead(theRun),
  input: z.object({ run_id: Required, path: Text }),
  output: Bytes,
})

export const zipModelArtifacts = endpoint({
  method: 'GET',
  path: '/api/assay/logged-models/{model_id}/artifacts.zip',
  transfer: 'download',
  summary: "A folder of a logged model's artifacts, or all of them, as a zip.",
  permission: mayRead(theModel),
  input: z.object({ model_id: Required, path: Text }),
  output: Bytes,
})

/** A preview is opened by its address alone, so that it needs no cookie: whoever has the address sees this one file for a while. */
const Ticket = z.object({
  /** below the server's own address and prefix */
  url: z.string(),
  /** ms; a download that has begun by then goes on */
  expires_time: AnswerInt64,
})

export const createRunPreviewTicket = endpoint({
  method: 'POST',
  path: '/api/assay/runs/{run_id}/artifacts/preview-tickets',
  summary: "An address that shows one of a run's artifacts in a sandbox, for five minutes.",
  permission: mayRead(theRun),
  input: z.object({ run_id: Required, path: Required }),
  output: Ticket,
})

export const createModelPreviewTicket = endpoint({
  method: 'POST',
  path: '/api/assay/logged-models/{model_id}/artifacts/preview-tickets',
  summary: "An address that shows one of a logged model's artifacts in a sandbox, for five minutes.",
  permission: mayRead(theModel),
  input: z.object({ model_id: Required, path: Required }),
  output: Ticket,
})

export const openPreview = endpoint({
  method: 'GET',
  path: '/preview/{ticket}/{name}',
  transfer: 'download',
  summary: 'The artifact of a preview ticket, which is all the permission that is asked for.',
  permission: everyone,
  input: z.object({ ticket: Required, name: Required }),
  output: Bytes,
})

export const listProxiedArtifacts = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow-artifacts/artifacts',
  summary: 'A folder below the artifact root. Paths are names within the folder.',
  permission: mayRead(theFolder),
  input: z.object({ path: Text }),
  output: z.object({ files: printedList(FileInfo) }),
})

export const downloadArtifact = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow-artifacts/artifacts/{path…}',
  transfer: 'download',
  summary: 'The bytes of one artifact.',
  permission: mayRead(theArtifact),
  input: Address,
  output: Bytes,
})

export const uploadArtifact = endpoint({
  method: 'PUT',
  path: '/api/2.0/mlflow-artifacts/artifacts/{path…}',
  transfer: 'upload',
  summary: 'Store one artifact; it appears whole or not at all.',
  permission: mayEdit(theArtifact),
  input: Address,
  output: Nothing,
})

export const deleteArtifact = endpoint({
  method: 'DELETE',
  path: '/api/2.0/mlflow-artifacts/artifacts/{path…}',
  summary: 'Delete a file or a folder.',
  permission: mayManage(theArtifact),
  input: Address,
  output: Nothing,
})

const multipart = (verb: 'create' | 'complete' | 'abort') => `/api/2.0/mlflow-artifacts/mpu/${verb}/{folder…}` as const

/** Where a multipart upload goes: clients send the path that the file has on their machine, of which only its name counts. */
export const uploadAddress = ({ folder, path }: { folder: string; path: string }): string =>
  `${folder}/${path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)}`
const theUpload = (input: { folder: string; path: string }): readonly Target[] => [{ artifact: uploadAddress(input) }]
const Upload = z.object({ folder: Required, path: Required, upload_id: Required })

export const createMultipartUpload = endpoint({
  method: 'POST',
  path: multipart('create'),
  summary: 'Begin an upload in parts, which go straight to the S3 server. 501 where clients cannot reach one.',
  permission: mayEdit(theUpload),
  input: z.object({ folder: Required, path: Required, num_parts: Int64Field }),
  output: z.object({
    upload_id: z.string(),
    credentials: printedList(
      z.object({ url: z.string(), part_number: AnswerInt64, headers: z.record(z.string(), z.string()) }),
    ),
  }),
})

export const completeMultipartUpload = endpoint({
  method: 'POST',
  path: multipart('complete'),
  summary: 'Complete an upload in parts: the file appears.',
  permission: mayEdit(theUpload),
  input: Upload.extend({ parts: listOf(z.object({ part_number: Int64Field, etag: Characters, url: Text })) }),
  output: Nothing,
})

export const abortMultipartUpload = endpoint({
  method: 'POST',
  path: multipart('abort'),
  summary: 'Give an upload in parts up.',
  permission: mayEdit(theUpload),
  input: Upload,
  output: Nothing,
})

const Headers = z.record(z.string(), z.string())
const presignedPath = { path: Required }
/** In seconds. MLflow takes up to a week; an address outlives the permission that it was given by, so it lasts an hour at most. */
const expiration = (seconds: number) =>
  OptionalInt64.transform((value) => Number(value ?? seconds))
    .refine((value) => value >= 1 && value <= 604_800, 'expiration must be between 1 and 604800 seconds')
    .transform((value) => Math.min(value, 3600))

export const getPresignedArtifact = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow-artifacts/presigned/{path…}',
  summary: 'An address from which one artifact can be read for a while, straight from the S3 server.',
  permission: mayRead(theArtifact),
  input: Address,
  output: z.object({ url: z.string(), headers: Headers, file_size: AnswerInt64 }),
})

export const createPresignedDownloadUrl = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/artifacts/presigned-download-url',
  summary: 'The same for an artifact of a run; `expiration` in seconds, of which it lasts 3600 at most.',
  permission: mayRead(theRun),
  input: withRunId({ ...presignedPath, expiration: expiration(300) }),
  output: z.object({ presigned_url: z.string(), headers: Headers, file_size: AnswerInt64 }),
})

export const createPresignedUploadUrl = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/artifacts/presigned-upload-url',
  summary: 'An address to which one artifact of a run or model can be put for a while, straight to the S3 server.',
  permission: mayEdit(({ run_id, model_id }: { run_id?: string | undefined; model_id?: string | undefined }) => [
    ...(run_id ? [{ run: run_id }] : []),
    ...(model_id ? [{ model: model_id }] : []),
  ]),
  input: z
    .object({ ...presignedPath, run_id: Text, model_id: Text, expiration: expiration(900) })
    .refine(({ run_id, model_id }) => !run_id !== !model_id, 'Exactly one of run_id and model_id must be provided.'),
  output: z.object({ presigned_url: z.string(), headers: Headers }),
})
