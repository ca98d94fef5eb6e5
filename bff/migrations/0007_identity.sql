-- Who may ask, and what they may. None of the core's tables is named here: the core may be another server's.

create table users (
  user_id bigint generated always as identity primary key,
  -- as MLflow's clients send it: a name, or a mail address
  username text collate "C" not null unique,
  -- what no two names may share: the name without case and Unicode forms
  username_key text collate "C" not null unique,
  display_name text not null default '',
  email text collate "C",
  -- a service has no password: a pipeline that has tokens
  kind text not null default 'person' check (kind in ('person', 'service')),
  is_admin boolean not null default false,
  -- argon2id in PHC notation; null where nobody can sign in by one
  password_hash text,
  disabled_at timestamptz,
  created_at timestamptz not null default now(),
  -- counts up whenever something changes of what the user may do, or of how they sign in
  access_version bigint not null default 0
);
create index users_by_email on users (email) where email is not null;

-- Who an OIDC provider says it is.
create table user_identities (
  issuer text collate "C" not null,
  subject text collate "C" not null,
  user_id bigint not null references users on delete cascade,
  primary key (issuer, subject)
);
create index user_identities_by_user on user_identities (user_id);

-- MLflow's roles are groups too.
create table groups (
  group_id bigint generated always as identity primary key,
  name text collate "C" not null unique,
  description text not null default '',
  created_at timestamptz not null default now()
);

create table group_members (
  group_id bigint not null references groups on delete cascade,
  user_id bigint not null references users on delete cascade,
  -- who says so: a person, the access files, or the OIDC provider, which takes away only what it gave
  source text collate "C" not null default 'hand' check (source in ('hand', 'files', 'oidc')),
  -- what MLflow's clients call it by
  member_id bigint generated always as identity unique,
  primary key (group_id, user_id, source)
);
create index group_members_by_user on group_members (user_id);

create table grants (
  grant_id bigint generated always as identity primary key,
  user_id bigint references users on delete cascade,
  group_id bigint references groups on delete cascade,
  resource_type text collate "C" not null check (resource_type in ('experiment', 'registered_model')),
  -- the experiment's id or the model's name; * is all of them
  resource_id text collate "C" not null,
  permission text collate "C" not null
    check (permission in ('NO_PERMISSIONS', 'READ', 'USE', 'EDIT', 'MANAGE', 'REVIEW', 'APPROVE')),
  -- the access file that says so, relative to its folder; null where a person or a client did
  access_file text collate "C",
  granted_by text not null default '',
  granted_at timestamptz not null default now(),
  check ((user_id is null) <> (group_id is null))
);
create unique index grants_of_users on grants (user_id, resource_type, resource_id, permission) where user_id is not null;
create unique index grants_of_groups on grants (group_id, resource_type, resource_id, permission) where group_id is not null;
create index grants_by_resource on grants (resource_type, resource_id);

create table sessions (
  session_id bigint generated always as identity primary key,
  -- SHA-256 of what the cookie holds
  hash bytea not null unique,
  user_id bigint not null references users on delete cascade,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- coarse: Firefox on Linux
  client text not null default '',
  -- the OIDC provider that it was begun by
  provider text collate "C"
);
create index sessions_by_user on sessions (user_id);

create table tokens (
  token_id bigint generated always as identity primary key,
  -- SHA-256 of the token
  hash bytea not null unique,
  -- its last characters, to be told apart by
  hint text not null,
  user_id bigint not null references users on delete cascade,
  name text not null,
  -- null: whatever its owner may
  scopes text[],
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_on date,
  revoked_at timestamptz
);
create index tokens_by_user on tokens (user_id);

-- One-time links: the first administrator's, invitations, new passwords.
create table links (
  link_id bigint generated always as identity primary key,
  -- SHA-256 of what the address holds; null until it is sent
  hash bytea unique,
  purpose text collate "C" not null check (purpose in ('setup', 'invite', 'reset')),
  user_id bigint references users on delete cascade,
  created_at timestamptz not null default now(),
  -- how long it is good for, counted from when its secret was made
  hours int not null,
  expires_at timestamptz not null,
  -- used, or replaced by a newer one
  ended_at timestamptz,
  check ((user_id is null) = (purpose = 'setup'))
);
create index links_by_user on links (user_id);

-- Mails to be sent, written in the transaction that is the reason for them.
create table mails (
  mail_id bigint generated always as identity primary key,
  -- the same mail is never queued twice
  idempotency_key text collate "C" not null unique,
  to_address text not null,
  letter text collate "C" not null,
  -- what the letter says, without secrets: those of its link are made when it is sent
  content jsonb not null,
  link_id bigint references links on delete cascade,
  -- what the Message-ID is made of: the same in every attempt
  message_id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  attempts int not null default 0,
  -- whoever tries holds the mail until then
  next_attempt_at timestamptz not null default now(),
  -- from here on the mail server may have it, whatever happens to this one
  handed_at timestamptz,
  sent_at timestamptz,
  -- given up
  failed_at timestamptz,
  last_error text
);
create index mails_waiting on mails (next_attempt_at) where sent_at is null and failed_at is null;

-- Failed attempts to sign in, by whom and from where.
create table throttles (
  key text collate "C" primary key,
  failures int not null,
  since timestamptz not null,
  blocked_until timestamptz
);

-- The folder of access files as it was last applied.
create table access_applies (
  apply_id bigint generated always as identity primary key,
  applied_at timestamptz not null default now(),
  applied_by text not null,
  -- SHA-256 over all files
  digest text collate "C" not null,
  commit_id text,
  summary jsonb not null
);

-- What a file is in charge of: its grants are changed there and nowhere else.
create table access_files (
  path text collate "C" primary key,
  experiment_id bigint unique,
  -- its name in the file: it may be renamed, and is still the one that the file is in charge of
  experiment text collate "C",
  digest text collate "C" not null,
  apply_id bigint not null references access_applies
);
create table access_file_models (
  path text collate "C" not null references access_files on delete cascade,
  name text collate "C" primary key
);

-- The folder that servers watch, as it was last looked at.
create table access_watch (
  only_row boolean primary key default true check (only_row),
  folder text not null,
  checked_at timestamptz not null,
  digest text collate "C",
  -- why it is not applied
  error text,
  -- how access differs from it, a line each
  drift text[] not null
);

-- Keys that all servers of this database share, made when first needed.
create table server_keys (
  name text collate "C" primary key,
  value bytea not null
);

create table access_requests (
  request_id bigint generated always as identity primary key,
  user_id bigint not null references users on delete cascade,
  resource_type text collate "C" not null check (resource_type in ('experiment', 'registered_model')),
  resource_id text collate "C" not null,
  permission text collate "C" not null,
  message text not null default '',
  created_at timestamptz not null default now(),
  decision text collate "C" check (decision in ('granted', 'refused')),
  decided_at timestamptz,
  decided_by text
);
create unique index access_requests_open on access_requests (user_id, resource_type, resource_id) where decision is null;
create index access_requests_by_resource on access_requests (resource_type, resource_id);

-- Append-only, each row with the hash of the one before.
create table audit (
  -- 1, 2, 3, … without gaps
  seq bigint primary key check (seq > 0),
  at timestamptz not null,
  -- the user's name; empty for the server itself
  actor text not null,
  action text collate "C" not null,
  object_type text collate "C" not null,
  object_id text not null,
  -- json and not jsonb: the hash is over its very text
  details json not null,
  previous bytea not null,
  hash bytea not null unique
);
create index audit_by_object on audit (object_type, object_id, seq);
create index audit_by_actor on audit (actor, seq);
create index audit_by_action on audit (action, seq);
create index audit_by_time on audit (at);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger audit_is_append_only before update or delete or truncate on audit
  for each statement execute function refuse_change();

-- What a transaction records waits here until it commits, and is then chained: the lock that puts all rows in one order is the
-- last that any transaction takes, so nothing can deadlock with it, and it is held for the commit alone.
create table audit_waiting (
  waiting_id bigint generated always as identity primary key,
  actor text not null,
  action text collate "C" not null,
  object_type text collate "C" not null,
  object_id text not null,
  details json not null
);

-- A field as the hash reads it, a netstring: where one ends and the next begins cannot be moved.
create function audit_field(field text) returns text language sql immutable strict as $$
  select octet_length(convert_to(field, 'UTF8')) || ':' || field || ','
$$;

create function chain_audit() returns trigger language plpgsql as $$
declare
  head record;
  next_seq bigint;
  now_at timestamptz;
begin
  -- its statements each see what was committed before them, and so the row of whoever held the lock before
  perform pg_advisory_xact_lock(hashtext(tg_table_schema || ' audit'));
  select seq, hash into head from audit order by seq desc limit 1;
  next_seq := coalesce(head.seq, 0) + 1;
  now_at := clock_timestamp();
  insert into audit (seq, at, actor, action, object_type, object_id, details, previous, hash)
  select next_seq, now_at, new.actor, new.action, new.object_type, new.object_id, new.details, previous,
    sha256(convert_to(E'assay audit 1\n', 'UTF8') || previous || convert_to(
      audit_field(next_seq::text)
      || audit_field(to_char(now_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
      || audit_field(new.actor) || audit_field(new.action) || audit_field(new.object_type)
      || audit_field(new.object_id) || audit_field(new.details::text), 'UTF8'))
  from (select coalesce(head.hash, decode(repeat('00', 32), 'hex')) as previous) as chain;
  delete from audit_waiting where waiting_id = new.waiting_id;
  return null;
end $$;
create constraint trigger audit_is_chained after insert on audit_waiting deferrable initially deferred
  for each row execute function chain_audit();

-- Servers keep what they know of a user in memory. One number says whether anything changed since; each user's own, whether
-- it was theirs. Whoever changes something holds its row until the transaction ends, so that no number is passed over.
create table access_state (
  only_row boolean primary key default true check (only_row),
  version bigint not null default 0
);
insert into access_state default values;

create function touch_users(changed bigint[]) returns void language sql as $$
  update access_state set version = version + 1 where cardinality(changed) > 0;
  update users set access_version = access_version + 1 where user_id = any (changed);
$$;

create function users_changed() returns trigger language plpgsql as $$
begin
  if (new.is_admin, new.password_hash, new.disabled_at, new.username)
     is distinct from (old.is_admin, old.password_hash, old.disabled_at, old.username) then
    new.access_version := old.access_version + 1;
    update access_state set version = version + 1;
  end if;
  return new;
end $$;
create trigger users_changed before update on users for each row execute function users_changed();

create function user_removed() returns trigger language plpgsql as $$
begin
  update access_state set version = version + 1;
  return null;
end $$;
create trigger user_removed after delete on users for each statement execute function user_removed();

create function rows_of_users_changed() returns trigger language plpgsql as $$
begin
  perform touch_users(array(select distinct user_id from changed));
  return null;
end $$;
create trigger memberships_given after insert on group_members referencing new table as changed
  for each statement execute function rows_of_users_changed();
create trigger memberships_taken after delete on group_members referencing old table as changed
  for each statement execute function rows_of_users_changed();
create trigger sessions_ended after delete on sessions referencing old table as changed
  for each statement execute function rows_of_users_changed();
create trigger tokens_ended after delete on tokens referencing old table as changed
  for each statement execute function rows_of_users_changed();

create function tokens_changed() returns trigger language plpgsql as $$
begin
  perform touch_users(array[new.user_id]);
  return null;
end $$;
create trigger tokens_revoked after update of revoked_at, scopes, expires_at on tokens for each row
  when ((new.revoked_at, new.scopes, new.expires_at) is distinct from (old.revoked_at, old.scopes, old.expires_at))
  execute function tokens_changed();

create function grants_changed() returns trigger language plpgsql as $$
begin
  perform touch_users(array(
    select user_id from changed where user_id is not null
    union select m.user_id from changed c join group_members m using (group_id)));
  return null;
end $$;
create trigger grants_given after insert on grants referencing new table as changed
  for each statement execute function grants_changed();
create trigger grants_taken after delete on grants referencing old table as changed
  for each statement execute function grants_changed();
create trigger grants_moved after update on grants referencing new table as changed
  for each statement execute function grants_changed();
