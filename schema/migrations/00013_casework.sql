-- Correction management (COR-2 to COR-11, COR-15, CHK-7): what providers do with
-- their cases.
-- Beside the running version: it makes cases in state new and ends them; the columns
-- it does not know have defaults, and it never makes a follow-up. Nobody could set
-- one before, so no row has to change.
-- Retention: case_event, case_change and objection are erased with their case;
-- superseded and outcome hold no data of a person.
-- Row-level security comes with the login of institutions (OPS-6); until then every
-- statement of store/casework*.go names the IKs of the institution that asks.

-- +goose Up
alter table correction_case
    drop constraint correction_case_case_id_key,
    drop constraint correction_case_state_check,
    add constraint correction_case_state_check check (state in ('new', 'in_progress', 'follow_up', 'completed')),
    add constraint correction_case_follow_up_check check (state <> 'follow_up' or follow_up_on is not null),
    add column version integer not null default 1,
    add column check_run integer not null default 1,
    add column follow_up_reason text,
    add column outcome text check (outcome in ('approved', 'corrected', 'refused')),
    add column refused_by text,
    add column successor uuid references correction_case (id),
    add constraint correction_case_decided_check check (outcome is null or (state = 'completed' and completed_by = 'provider')),
    add constraint correction_case_successor_check check (successor is null or outcome is not null);
create unique index correction_case_run on correction_case (case_id, check_run);
create index correction_case_provider on correction_case (provider_ik, state);
comment on column correction_case.version is 'Counts the steps of users; who works on an older version is told so (F-66).';
comment on column correction_case.check_run is 'The check that made the case: 1 at receipt, then one more with each re-check (CHK-7).';
comment on column correction_case.outcome is 'What the re-check decided; null until then, and of cases that ended by their deadline.';
comment on column correction_case.refused_by is 'Rule for which the re-check refused the changed data; the corrections stay as they were. Empty: the money was paid already.';
comment on column correction_case.successor is 'The case that holds what the re-check left open or found anew.';
comment on column correction_case.follow_up_reason is 'Why the case is put off, in the words of the user. Social data.';

alter table correction add column settled_by text check (settled_by in ('heal', 'accept'));
comment on column correction.settled_by is 'How the provider settled it: by a change of the data, or by accepting what is cut.';

create table case_change (
    correction_case_id uuid        not null references correction_case (id),
    correction_id      uuid        not null references correction (id),
    field              text        not null,
    field_index        integer     not null,
    old_value          text        not null,
    value              text        not null,
    changed_at         timestamptz not null,
    primary key (correction_case_id, field, field_index)
);
comment on table case_change is 'What a provider changed to heal a correction (COR-4); field and index as in domain/billing/heal. Social data.';

create table case_event (
    id                 bigint      generated always as identity primary key,
    correction_case_id uuid        not null references correction_case (id),
    at                 timestamptz not null,
    actor_kind         text        not null check (actor_kind in ('user', 'api_key', 'operator', 'job')),
    actor_id           text        not null,
    kind               text        not null check (kind in ('start', 'heal', 'accept', 'note', 'defer', 'resume', 'complete', 'expire', 'recheck', 'objection')),
    correction_id      uuid,
    field              text,
    old_value          text,
    new_value          text,
    note               text
);
create index case_event_case on case_event (correction_case_id, id);
create trigger case_event_append_only before update on case_event for each row execute function append_only();
comment on table case_event is 'Who did what when with a correction case (COR-15). Values and notes are social data; erased with the case.';

create table objection (
    id                 uuid        primary key,
    correction_case_id uuid        not null references correction_case (id),
    received_on        date        not null,
    first_page         text        not null check (first_page <> ''),
    recorded_by        text        not null,
    recorded_at        timestamptz not null
);
create unique index objection_once on objection (correction_case_id, first_page);
comment on table objection is 'Written objection that came on paper (COR-11). first_page names the first page of the correction letter that came with it.';

-- +goose Down
drop table objection, case_event, case_change;
alter table correction drop column settled_by;
drop index correction_case_run, correction_case_provider;
alter table correction_case
    drop column version, drop column check_run, drop column follow_up_reason, drop column outcome, drop column refused_by, drop column successor,
    drop constraint correction_case_follow_up_check,
    drop constraint correction_case_state_check,
    add constraint correction_case_state_check check (state in ('new', 'in_progress', 'completed')),
    add constraint correction_case_case_id_key unique (case_id);
