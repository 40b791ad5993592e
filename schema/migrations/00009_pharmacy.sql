-- § 300: prescriptions are known by Belegnummer and Rezept-ID (APO-V07, APO-V08), and
-- the files of a delivery (ABRP, RECP, TA7) are reconciled by their Rechnungsnummer.
-- New tables only: the running version does not know them and takes no such files.
-- Retention: prescription and erezept with the invoice; pharmacy_file and
-- pharmacy_invoice as vouchers. Nothing of an insured person is in them; the portal has
-- no right to them.

-- +goose Up
create table prescription (
    case_id         bigint not null,
    invoice_id      bigint not null,
    received_on     date   not null,
    voucher_no      text   not null,
    prescription_id text,
    gross_cents     bigint not null,
    copay_cents     bigint not null
);
create unique index prescription_voucher_once on prescription (voucher_no);
create unique index prescription_id_once on prescription (prescription_id) where prescription_id is not null;
create index prescription_invoice on prescription (invoice_id);
comment on table prescription is 'One billed prescription of § 300 (ABRP) that is no duplicate. prescription_id is the Rezept-ID of an E-Rezept. No foreign keys: bulk table.';

create table erezept (
    delivery_id     uuid   not null references delivery deferrable initially deferred,
    sender_ik       text   not null,
    invoice_number  text   not null,
    prescription_id text   not null,
    voucher_no      text   not null,
    gross_cents     bigint not null,
    copay_cents     bigint not null
);
create index erezept_invoice on erezept (sender_ik, invoice_number);
create index erezept_delivery on erezept (delivery_id);
comment on table erezept is 'One accepted prescription of a TA7 file, for the comparison with ABRP (spec/dta-300 section 3.4). The signed documents are in the blob of the delivery.';

create table pharmacy_file (
    delivery_id     uuid   primary key references delivery deferrable initially deferred,
    sender_ik       text   not null,
    kind            text   not null check (kind in ('ABRP', 'RECP', 'TA7')),
    file_name       text   not null,
    invoice_numbers text[] not null,
    sums            json
);
create index pharmacy_file_numbers on pharmacy_file using gin (invoice_numbers);
comment on table pharmacy_file is 'An accepted § 300 file and its sums per Rechnungsnummer, pharmacy and status.';

create table pharmacy_invoice (
    sender_ik   text        not null,
    number      text        not null,
    state       text        not null check (state in ('incomplete', 'differs', 'reconciled')),
    differences json        not null,
    erx_missing int         not null default 0,
    erx_unknown int         not null default 0,
    erx_differ  int         not null default 0,
    updated_at  timestamptz not null,
    primary key (sender_ik, number)
);
comment on table pharmacy_invoice is 'How the files about a Rechnungsnummer of § 300 agree. Its invoices are payable when reconciled.';
comment on column pharmacy_invoice.erx_missing is 'E-Rezepte of ABRP that the TA7 files lack; unknown: of TA7 that ABRP lacks; differ: other Belegnummer or amounts. They only warn (APO-A01).';

-- +goose Down
drop table pharmacy_invoice;
drop table pharmacy_file;
drop table erezept;
drop table prescription;
