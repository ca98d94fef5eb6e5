-- What is known of the files of runs and logged models: a row for each time that one was stored. The store is the truth of what is
-- there; a row is written after the file has appeared, so it may lack where a process died between the two (`assay artifacts scan`
-- finds that). A row is never changed but for its end and its digest: what was replaced or deleted is evidence too, so the rows
-- outlive the file, and there are no foreign keys that would take them along.
create table artifacts (
  artifact_no bigint generated always as identity primary key,
  owner_kind text collate "C" not null check (owner_kind in ('run', 'model')),
  owner_id text collate "C" not null,
  experiment_id bigint not null,
  -- below the owner's artifacts
  path text collate "C" not null,
  size bigint not null,
  -- hex; null until a job has read the file, where its bytes did not pass through the server
  sha256 text collate "C",
  media_type text collate "C" not null,
  -- the store's mark of these very bytes, with its quotes
  etag text collate "C" not null,
  -- who stored it; empty without sign-in, 'scan' where it was found
  stored_by text collate "C" not null,
  stored_time bigint not null,
  -- when it was replaced, deleted or found to be gone; null for what is there
  ended_time bigint,
  ended_by text collate "C",
  -- no job takes the row to hash it before this time: one is at it, or it failed
  hash_after bigint not null default 0
);
create unique index artifacts_there on artifacts (owner_kind, owner_id, path) where ended_time is null;
create index artifacts_ended on artifacts (owner_kind, owner_id, path, artifact_no) where ended_time is not null;
create index artifacts_unhashed on artifacts (hash_after, artifact_no) where sha256 is null and ended_time is null;
