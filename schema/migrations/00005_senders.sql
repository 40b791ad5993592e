-- What is agreed with each sender of deliveries (DTA-5): whether it may send plain
-- files, who may sign for it, and until when algorithms of an older profile pass.
-- Beside the running version: it knows no list "senders" and reads none.
-- Retention: replaced rows stay, as with the other lists. No row-level security:
-- institutions only, no insured person's data.

-- +goose Up
alter table reference_import drop constraint reference_import_kind_check;
alter table reference_import add constraint reference_import_kind_check check (kind in ('prices', 'payers', 'providers', 'senders'));
create table sender (
    import_id     bigint  not null references reference_import,
    ik            text    not null,
    name          text    not null,
    plain_allowed boolean not null,
    signer_iks    text[]  not null,
    legacy_until  date,
    superseded_by bigint references reference_import
);
create unique index sender_current on sender (ik) where superseded_by is null;
comment on table sender is 'Senders of deliveries with whom something is agreed; for others the configured policy holds (DTA-5).';
comment on column sender.signer_iks is 'Institutions that may sign for the sender besides itself.';
comment on column sender.legacy_until is 'Last day on which algorithms from before the present profile are accepted; null: never.';

-- +goose Down
drop table sender;
delete from reference_import where kind = 'senders';
alter table reference_import drop constraint reference_import_kind_check;
alter table reference_import add constraint reference_import_kind_check check (kind in ('prices', 'payers', 'providers'));
