-- Accounts of the service portal (REG-1 to REG-11, SES-1 to SES-3): credentials,
-- sessions, the brake against guessing, registrations, and what was done to accounts.
-- Beside the running version: app_user gets columns with defaults and more states;
-- the previous version knows 'active' only and passes the others over.
-- Retention: sessions and brake counters 30 days after their last use; registrations 3
-- years after the decision; documents of legitimation with them; events 3 years.
-- No row-level security yet: no social data here, and every statement for users names
-- their institution (OPS-6).

-- +goose Up
alter table app_user
    add column name             text        not null default '',
    add column role             text        not null default 'user' check (role in ('administrator', 'user')),
    add column password_hash    text        not null default '',
    add column old_hashes       text[]      not null default '{}',
    add column password_set_at  timestamptz,
    add column password_initial boolean     not null default true,
    add column password_ends_at timestamptz,
    add column code_secret      bytea       not null default '',
    add column code_last_step   bigint      not null default 0,
    add column last_login_at    timestamptz,
    drop constraint app_user_state_check,
    add constraint app_user_state_check check (state in ('invited', 'active', 'inactive', 'locked', 'deleted')),
    add constraint app_user_initial_ends check (password_ends_at is null or password_initial);
create unique index app_user_email on app_user (lower(email)) where state <> 'deleted';
create index app_user_institution on app_user (institution_id);
comment on column app_user.email is 'Address, and the name for the login.';
comment on column app_user.password_hash is 'Argon2id with its parameters; empty: no login.';
comment on column app_user.old_hashes is 'Hashes of the last five passwords, which cannot be used again.';
comment on column app_user.password_initial is 'The password was made for the user and must be changed at the next login (REG-3).';
comment on column app_user.password_ends_at is 'End of an initial password that was not used.';
comment on column app_user.code_secret is 'Secret of the one-time codes, AES-256-GCM with the id of the key in front; empty: no login.';
comment on column app_user.code_last_step is 'Time step of the last one-time code used: no code works twice (ASVS 6.5.1).';

create table user_session (
    id           uuid        primary key,
    user_id      uuid        not null references app_user,
    token_sha256 bytea       not null unique check (octet_length(token_sha256) = 32),
    waiting      boolean     not null,
    code_tries   int         not null default 0,
    created_at   timestamptz not null,
    last_used_at timestamptz not null,
    ended_at     timestamptz,
    ended_by     text        not null default '',
    check ((ended_at is null) = (ended_by = ''))
);
create index user_session_live on user_session (user_id) where ended_at is null;
comment on table user_session is 'Sessions of the portal. waiting: the password was right, the one-time code is awaited, nothing is allowed. The cookie holds 256 random bits, the table their hash.';

create table login_brake (
    key           bytea       primary key check (octet_length(key) = 32),
    failures      int         not null,
    last_at       timestamptz not null,
    blocked_until timestamptz not null
);
comment on table login_brake is 'Failures in a row by account name or client address. key is a hash, also of names that do not exist, so that nobody can be read out of it.';

create table account_event (
    id             bigint      generated always as identity primary key,
    at             timestamptz not null,
    kind           text        not null,
    institution_id uuid        references institution,
    actor_id       uuid        references app_user,
    user_id        uuid        references app_user,
    detail         text        not null default ''
);
create index account_event_institution on account_event (institution_id, id);
create trigger account_event_append_only before update or delete or truncate on account_event
    for each statement execute function append_only();
comment on table account_event is 'Who logged in, was refused, or did what to an account. detail is a code, never a value that somebody typed.';

create table registration (
    id             text        primary key check (id ~ '^[A-Z2-7]{26}$'),
    name           text        not null,
    street         text        not null,
    city           text        not null,
    contact_name   text        not null,
    email          text        not null,
    phone          text        not null,
    submitted_at   timestamptz not null,
    institution_id uuid        references institution
);
comment on table registration is 'A request for access (REG-1). id is random and the only way to the page of its state.';
create table registration_ik (
    registration_id text     not null references registration,
    ik              text     not null check (ik ~ '^[0-9]{9}$'),
    position        smallint not null,
    state           text     not null check (state in ('submitted', 'checked', 'approved', 'refused', 'completed')),
    document_sha256 bytea    not null check (octet_length(document_sha256) = 32),
    media_type      text     not null,
    bytes           bigint   not null check (bytes > 0),
    primary key (registration_id, ik)
);
create index registration_open on registration_ik (registration_id) where state in ('submitted', 'checked');
comment on table registration_ik is 'One IK of a registration with its own document and decision (REG-4); position 0 is the IK of the institution itself.';
create table registration_decision (
    registration_id text        not null,
    ik              text        not null,
    operator        text        not null check (operator <> ''),
    approved        boolean     not null,
    reason          text        not null default '',
    at              timestamptz not null,
    primary key (registration_id, ik, operator),
    foreign key (registration_id, ik) references registration_ik,
    check (approved = (reason = ''))
);
comment on table registration_decision is 'Decisions of operators. The key makes the second approval one of another operator (REG-2).';

-- +goose Down
drop table registration_decision, registration_ik, registration, account_event, login_brake, user_session;
drop index app_user_institution;
drop index app_user_email;
alter table app_user
    drop constraint app_user_state_check,
    drop constraint app_user_initial_ends,
    drop column name, drop column role, drop column password_hash, drop column old_hashes, drop column password_set_at,
    drop column password_initial, drop column password_ends_at, drop column code_secret, drop column code_last_step,
    drop column last_login_at;
update app_user set state = 'inactive' where state in ('invited', 'locked');
alter table app_user add constraint app_user_state_check check (state in ('active', 'inactive', 'deleted'));
comment on column app_user.email is null;
