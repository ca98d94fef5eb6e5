import type { AuthEndpointName, EndpointName } from '#contract'
import type { World } from './world.ts'

/** What nearly every endpoint takes something of; what it does not know it passes over. */
const common = ({ experiment_id, experiment_name, run_id, model_id, name }: World) => ({
  experiment_id,
  experiment_name,
  experiment_ids: [experiment_id],
  run_id,
  run_ids: [run_id],
  model_id,
  name,
  version: '1',
  key: 'k',
  tag_key: 'k',
  value: 'v',
  path: 'f.txt',
  metric_key: 'm',
  alias: 'champion',
})

const runFile = ({ experiment_id, run_id }: World) => ({ path: `${experiment_id}/${run_id}/artifacts/f.txt` })
const upload = ({ experiment_id, run_id }: World) => ({
  folder: `${experiment_id}/${run_id}/artifacts`,
  path: 'g.txt',
  upload_id: 'u',
})
const dataset = { name: 'd', digest: '1', source_type: 's', source: 's' }
const other = { new_name: 'another name', value: 'another' }

/** Who has READ, and is given something else or nothing; and who has nothing. */
const experiment = ({ experiment_id }: World) => ({ resource_type: 'experiment', resource_id: experiment_id })
const reader = { username: 'read' }
const newcomer = { username: 'no-grants', permission: 'READ' }

const SPECIAL: Partial<Record<EndpointName | AuthEndpointName, (world: World) => object>> = {
  abortMultipartUpload: upload,
  completeMultipartUpload: (world) => ({ ...upload(world), parts: [{ part_number: 1, etag: 'e' }] }),
  createMultipartUpload: (world) => ({ ...upload(world), num_parts: 2 }),
  createPresignedUploadUrl: ({ run_id }) => ({ run_id, path: 'f.txt' }),
  deleteArtifact: runFile,
  downloadArtifact: runFile,
  getPresignedArtifact: runFile,
  uploadArtifact: ({ experiment_id, run_id }) => ({ path: `${experiment_id}/${run_id}/artifacts/new.txt` }),
  listProxiedArtifacts: ({ experiment_id, run_id }) => ({ path: `${experiment_id}/${run_id}/artifacts` }),
  getModelArtifact: ({ model_id }) => ({ model_id, artifact_file_path: 'f.txt' }),
  uploadRunArtifact: ({ run_id }) => ({ run_id, path: 'new.txt' }),
  listArtifacts: ({ run_id }) => ({ run_id }),
  listModelArtifacts: ({ model_id }) => ({ model_id }),
  zipRunArtifacts: ({ run_id }) => ({ run_id }),
  zipModelArtifacts: ({ model_id }) => ({ model_id }),
  createLoggedModel: ({ experiment_id }) => ({ experiment_id, name: 'new' }),
  finalizeLoggedModel: ({ model_id }) => ({ model_id, status: 'LOGGED_MODEL_READY' }),
  logLoggedModelParams: ({ model_id }) => ({ model_id, params: [{ key: 'p', value: 'v' }] }),
  setLoggedModelTags: ({ model_id }) => ({ model_id, tags: [{ key: 'other', value: 'v' }] }),
  bucketSeries: ({ run_id }) => ({ run_ids: [run_id], keys: ['m'] }),
  getMetricHistory: ({ run_id }) => ({ run_id, metric_key: 'm' }),
  logMetric: ({ run_id }) => ({ run_id, key: 'new', value: 2, timestamp: 2, step: 1 }),
  logParam: ({ run_id }) => ({ run_id, key: 'new', value: '1' }),
  logBatch: ({ run_id }) => ({ run_id, params: [{ key: 'new', value: '1' }] }),
  logInputs: ({ run_id, model_id }) => ({ run_id, datasets: [{ dataset }], models: [{ model_id }] }),
  logOutputs: ({ run_id, model_id }) => ({ run_id, models: [{ model_id, step: 0 }] }),
  logModel: ({ run_id }) => ({
    run_id,
    model_json: JSON.stringify({ run_id, artifact_path: 'm', utc_time_created: '2026-01-01 00:00:00', flavors: {} }),
  }),
  createRun: ({ experiment_id }) => ({ experiment_id }),
  updateRun: ({ run_id }) => ({ run_id, status: 'FINISHED', end_time: 5 }),
  setTag: ({ run_id }) => ({ run_id, ...other, key: 'k' }),
  updateExperiment: ({ experiment_id }) => ({ experiment_id, new_name: `renamed ${experiment_id}` }),
  createModelVersion: ({ name, run_id, experiment_id }) => ({
    name,
    run_id,
    source: `mlflow-artifacts:/${experiment_id}/${run_id}/artifacts`,
  }),
  transitionModelVersionStage: ({ name }) => ({
    name,
    version: '1',
    stage: 'Staging',
    archive_existing_versions: false,
  }),
  updateModelVersion: ({ name }) => ({ name, version: '1', description: 'another' }),
  updateRegisteredModel: ({ name }) => ({ name, description: 'another' }),
  getAccess: experiment,
  giveAccess: (world) => ({ ...experiment(world), ...newcomer }),
  takeAccess: ({ name }) => ({ resource_type: 'registered_model', resource_id: name, ...reader, permission: 'READ' }),
  createExperimentPermission: ({ experiment_id }) => ({ experiment_id, ...newcomer }),
  getExperimentPermission: ({ experiment_id }) => ({ experiment_id, ...reader }),
  updateExperimentPermission: ({ experiment_id }) => ({ experiment_id, ...reader, permission: 'EDIT' }),
  deleteExperimentPermission: ({ experiment_id }) => ({ experiment_id, ...reader }),
  createRegisteredModelPermission: ({ name }) => ({ name, ...newcomer }),
  getRegisteredModelPermission: ({ name }) => ({ name, ...reader }),
  updateRegisteredModelPermission: ({ name }) => ({ name, ...reader, permission: 'EDIT' }),
  deleteRegisteredModelPermission: ({ name }) => ({ name, ...reader }),
  grantUserPermission: (world) => ({ ...experiment(world), ...newcomer }),
  revokeUserPermission: (world) => ({ ...experiment(world), ...reader }),
  renameRegisteredModel: ({ name }) => ({ name, new_name: `${name}-renamed` }),
}

/** A request of an endpoint that names one world, and is a good one. */
export const inputOf = (name: EndpointName | AuthEndpointName, world: World): object =>
  SPECIAL[name]?.(world) ?? common(world)
