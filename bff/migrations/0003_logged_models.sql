-- Logged models: what runs produce and are measured by. They have artifacts of their own, below their experiment.
create table logged_models (
  model_no bigint generated always as identity primary key,
  model_id text collate "C" not null unique,
  experiment_id bigint not null references experiments,
  name text collate "C" not null,
  model_type text collate "C" not null,
  source_run_id text collate "C" not null,
  status text collate "C" not null default 'LOGGED_MODEL_PENDING'
    check (status in ('LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED')),
  status_message text,
  creator_id text,
  creation_timestamp_ms bigint not null,
  last_updated_timestamp_ms bigint not null,
  artifact_uri text not null,
  lifecycle_stage text not null default 'active' check (lifecycle_stage in ('active', 'deleted')),
  deleted_time bigint
);
create index logged_models_by_creation on logged_models (experiment_id, lifecycle_stage, creation_timestamp_ms desc, model_id);
-- Clients ask for the models of a run whenever they list one of its folders.
create index logged_models_by_run on logged_models (source_run_id) where source_run_id <> '';

create table logged_model_params (
  model_no bigint not null references logged_models on delete cascade,
  key text collate "C" not null,
  value text collate "C" not null,
  primary key (model_no, key)
);

create table logged_model_tags (
  model_no bigint not null references logged_models on delete cascade,
  key text collate "C" not null,
  value text collate "C" not null,
  primary key (model_no, key)
);

-- The latest of the points in model_metrics for each series, model and dataset (max timestamp, then step, then value, as
-- MLflow has it for models), so that a search never touches points. Written under the lock of the series.
create table model_latest_metrics (
  series_id bigint not null references series on delete cascade,
  model_id text collate "C" not null,
  dataset_name text collate "C" not null,
  dataset_digest text collate "C" not null,
  key text collate "C" not null,
  last_step bigint not null,
  last_timestamp bigint not null,
  last_value float8 not null,
  primary key (model_id, key, series_id, dataset_name, dataset_digest)
);
-- For the deletion of a series.
create index model_latest_metrics_by_series on model_latest_metrics (series_id);

-- What was logged before there was this table.
insert into model_latest_metrics (series_id, model_id, dataset_name, dataset_digest, key, last_step, last_timestamp, last_value)
select distinct on (m.model_id, m.series_id, m.dataset_name, m.dataset_digest)
       m.series_id, m.model_id, m.dataset_name, m.dataset_digest, s.key, m.step, m.timestamp, m.value
from model_metrics m join series s using (series_id)
order by m.model_id, m.series_id, m.dataset_name, m.dataset_digest, m.timestamp desc, m.step desc, m.value desc;

-- Models that a run made. The step is that of training, for checkpoints.
create table model_outputs (
  run_no bigint not null references runs on delete cascade,
  model_id text collate "C" not null,
  step bigint not null,
  primary key (run_no, model_id)
);
