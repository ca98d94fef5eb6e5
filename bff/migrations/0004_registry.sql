-- The model registry. A prompt is a registered model with a tag that says so.

create table registered_models (
  model_no bigint generated always as identity primary key,
  name text collate "C" not null unique,
  description text not null default '',
  creation_timestamp bigint not null,
  last_updated_timestamp bigint not null,
  -- what the tag mlflow.prompt.is_prompt says: searches leave prompts out unless asked for them
  is_prompt boolean not null default false,
  -- the highest version there ever was: no number is used twice
  last_version int not null default 0,
  -- how many moves there were of its aliases and stages
  moves bigint not null default 0
);
create index registered_models_by_update on registered_models (last_updated_timestamp desc, name);

create table registered_model_tags (
  model_no bigint not null references registered_models on delete cascade,
  key text collate "C" not null,
  value text collate "C" not null,
  primary key (model_no, key)
);

-- A deleted version keeps its row and loses what it said.
create table model_versions (
  version_no bigint generated always as identity primary key,
  model_no bigint not null references registered_models on delete cascade,
  version int not null,
  creation_timestamp bigint not null,
  last_updated_timestamp bigint not null,
  current_stage text collate "C" not null default 'None'
    check (current_stage in ('None', 'Staging', 'Production', 'Archived', 'Deleted_Internal')),
  description text not null default '',
  -- as it was registered, and where the artifacts are
  source text collate "C" not null,
  storage_location text not null,
  run_id text collate "C" not null default '',
  run_link text not null default '',
  model_id text collate "C",
  unique (model_no, version)
);
create index model_versions_by_stage on model_versions (model_no, current_stage, version);
create index model_versions_by_run on model_versions (run_id);
create index model_versions_by_update on model_versions (last_updated_timestamp desc);

create table model_version_tags (
  version_no bigint not null references model_versions on delete cascade,
  key text collate "C" not null,
  value text collate "C" not null,
  primary key (version_no, key)
);

create table registered_model_aliases (
  model_no bigint not null references registered_models on delete cascade,
  alias text collate "C" not null,
  version int not null,
  primary key (model_no, alias),
  foreign key (model_no, version) references model_versions (model_no, version) on delete cascade
);

-- Every move of an alias (from version to version) and of a version (from stage to stage) that was asked for and granted, in the
-- order of their commits: move_no counts up within a model, under its lock. Null is no place: an alias that was not there, or is
-- not any more. Both places are the same where things were as asked already.
create table registry_moves (
  model_no bigint not null references registered_models on delete cascade,
  move_no bigint not null,
  what text not null check (what in ('alias', 'stage')),
  -- the alias, or the version whose stage it is
  subject text collate "C" not null,
  from_place text,
  to_place text,
  moved_at bigint not null,
  primary key (model_no, move_no)
);
