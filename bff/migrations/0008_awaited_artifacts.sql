-- Files that clients were given an address for, to put them into the store past the server. A job looks whether they came, and
-- records them; a row goes when its file has come and the address has ended, or a day later.
create table awaited_artifacts (
  owner_kind text collate "C" not null check (owner_kind in ('run', 'model')),
  owner_id text collate "C" not null,
  -- below the owner's artifacts
  path text collate "C" not null,
  -- who was given the address, and so is recorded as who stored the file; empty without sign-in
  asked_by text collate "C" not null,
  asked_time bigint not null,
  -- nothing can be begun by the address after this
  expires_time bigint not null,
  -- no job looks before this time
  look_after bigint not null,
  primary key (owner_kind, owner_id, path)
);
create index awaited_artifacts_next on awaited_artifacts (look_after);
