-- What contracts agree about items beside their price, and tables of keys that rules
-- look things up in (CHK-2). A rule without its list answers no_data.
-- Beside the running version: it knows no such lists and reads none.
-- Retention: replaced rows stay, as with the other lists. No row-level security: no
-- insured person's data.

-- +goose Up
alter table reference_import drop constraint reference_import_kind_check;
alter table reference_import add constraint reference_import_kind_check
    check (kind in ('prices', 'payers', 'providers', 'senders', 'payees', 'terms', 'tables'));
create table contract_term (
    import_id           bigint  not null references reference_import,
    billing_code        text    not null,
    tariff              text    not null,
    item                text    not null,
    item_kind           text    not null,
    therapy_area        text    not null,
    approval_from_cents bigint,
    max_per_day         bigint  not null,
    age_from            integer not null,
    age_to              integer not null,
    fixed_cents         bigint,
    reuse_cents         bigint,
    vat_rate            bigint,
    excludes            text    not null,
    surcharge           text    not null,
    late_months         integer not null,
    valid_from          date    not null,
    valid_to            date,
    superseded_by       bigint references reference_import,
    check (valid_to is null or valid_to >= valid_from)
);
create unique index contract_term_current on contract_term (billing_code, tariff, item, valid_from) where superseded_by is null;
comment on table contract_term is 'Terms of contracts beside the price (CHK-2). tariff empty: all tariffs of the billing code; item empty: the contract itself. Quantities and rates in hundredths; 0 is no limit.';
create table reference_key (
    import_id     bigint  not null references reference_import,
    list          text    not null,
    key           text    not null,
    value         integer not null,
    valid_from    date    not null,
    valid_to      date,
    superseded_by bigint references reference_import,
    check (valid_to is null or valid_to >= valid_from)
);
create unique index reference_key_current on reference_key (list, key, valid_from) where superseded_by is null;
comment on table reference_key is 'Keys that rules look up, by list: diagnoses, aids, the Heilmittelkatalog, holidays (CHK-2). value is a limit where the list gives one.';

-- +goose Down
drop table reference_key;
drop table contract_term;
delete from reference_import where kind in ('terms', 'tables');
alter table reference_import drop constraint reference_import_kind_check;
alter table reference_import add constraint reference_import_kind_check
    check (kind in ('prices', 'payers', 'providers', 'senders', 'payees'));
