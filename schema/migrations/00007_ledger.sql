-- Payments (PAY-1, PAY-2): balances of the ledger that cannot become negative,
-- invoices that are cancelled, payees with their bank details, payment runs, and
-- vouchers that hold all that a remittance advice shows, so that it can be printed
-- again with the same bytes (G-12).
-- The ledger itself is as old as the invoices: intake books every invoice when it
-- is accepted, so there is nothing to fill in.
-- Beside the running version: it writes no voucher and knows no cancelled invoice.
-- Retention: payment_run and voucher 8 years (§ 147 AO), without insured persons;
-- payee rows like the other reference lists. Row-level security: none of these
-- tables holds data of insured persons; providers see vouchers by their IK.

-- +goose Up
-- +goose StatementBegin
create function ledger_accounts_hold() returns trigger language plpgsql
    -- The balance is always read by the index on invoice_id, also with a plan made
    -- when the table was small.
    set enable_seqscan = off as $$
begin
    if exists (select from (select distinct invoice_id from booked) i cross join lateral (
            select sum(amount_cents) filter (where account = 'billed') as billed,
                sum(amount_cents) filter (where account = 'open') as open,
                sum(amount_cents) filter (where account = 'corrected') as corrected,
                sum(amount_cents) filter (where account = 'paid') as paid
            from ledger_entry where invoice_id = i.invoice_id) s
        where s.billed > 0 or s.open < 0 or s.corrected < 0 or s.paid < 0) then
        raise exception 'ledger account would be overdrawn' using errcode = 'check_violation';
    end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger ledger_accounts after insert on ledger_entry referencing new table as booked
    for each statement execute function ledger_accounts_hold();

-- What is taken back can only have been approved; more would be a demand. The rest,
-- approved_cents - cancelled_cents of a cancelled invoice, is a claim.
alter table invoice
    add constraint invoice_claim_check check (cancelled_cents <= approved_cents),
    add constraint invoice_cancelled_check check (cancelled_cents = 0 or state = 'cancelled');
create index invoice_payable on invoice (payee_ik, payer_ik, received_on) where state in ('approved', 'corrected');
create index invoice_claim on invoice (payee_ik, payer_ik) where state = 'cancelled' and cancelled_cents < approved_cents;

alter table reference_import drop constraint reference_import_kind_check,
    add constraint reference_import_kind_check check (kind in ('prices', 'payers', 'providers', 'senders', 'payees'));
create table payee (
    import_id     bigint not null references reference_import,
    ik            text   not null,
    name          text   not null,
    street        text   not null,
    city          text   not null,
    iban          text   not null,
    bic           text   not null,
    valid_from    date   not null,
    valid_to      date,
    superseded_by bigint references reference_import,
    check (valid_to is null or valid_to >= valid_from)
);
create unique index payee_current on payee (ik, valid_from) where superseded_by is null;
comment on table payee is 'Bank details and address of those who are paid, by IK (PAY-1). Person: name, address, account of payees who are natural persons.';

create table payment_run (
    run_on            date        primary key,
    execute_on        date        not null,
    received_through  date        not null,
    debtor_name       text        not null,
    debtor_iban       text        not null,
    debtor_bic        text        not null,
    opened_at         timestamptz not null,
    closed_at         timestamptz,
    file_name         text,
    file_sha256       bytea,
    file_written_at   timestamptz,
    check (file_name is null or closed_at is not null),
    check ((file_name is null) = (file_sha256 is null) and (file_name is null) = (file_written_at is null))
);
comment on table payment_run is 'Zahllauf of a Berlin day. Vouchers are added until closed_at; then the transfer file follows from them, with the same bytes each time (PAY-2).';
comment on column payment_run.execute_on is 'Bank day on which the bank is to execute the transfers.';
comment on column payment_run.received_through is 'Invoices received up to this day were due.';
comment on column payment_run.file_name is 'Name of the transfer file; null before it was written, or if nothing was to be transferred.';

create table voucher_counter (
    one  boolean primary key default true check (one),
    last bigint  not null check (last between 0 and 999999999)
);
insert into voucher_counter (last) values (0);
comment on table voucher_counter is 'Last Zahlbelegnummer given out. Counted up in the transaction that writes the voucher, so there are no gaps.';

alter table voucher
    add column run_on   date not null references payment_run,
    add column payer_ik text not null,
    add column payer_name text not null,
    add column name     text not null,
    add column street   text not null,
    add column city     text not null,
    add column iban     text not null,
    add column bic      text not null,
    add constraint voucher_total_cents_check check (total_cents >= 0);
create unique index voucher_once on voucher (run_on, payee_ik, payer_ik);
comment on column voucher.paid_on is 'Bank day of the transfer.';
comment on column voucher.total_cents is 'What is transferred: the sum of the lines. 0 if claims took all of it; then nothing is transferred.';
comment on column voucher.name is 'Name of the payee on that day, as street, city, iban and bic. Person: of payees who are natural persons.';
alter table voucher_line
    add column corrected_cents bigint not null,
    add constraint voucher_line_amount_cents_check check (amount_cents <> 0),
    add constraint voucher_line_corrected_cents_check check (corrected_cents >= 0);
comment on column voucher_line.amount_cents is 'Paid for the invoice; negative where a claim on a cancelled invoice is set off.';
comment on column voucher_line.corrected_cents is 'Corrections of the invoice in force on that day.';
create trigger voucher_append_only before update or delete or truncate on voucher
    for each statement execute function append_only();
create trigger voucher_line_append_only before update or delete or truncate on voucher_line
    for each statement execute function append_only();

-- +goose Down
drop trigger voucher_line_append_only on voucher_line;
drop trigger voucher_append_only on voucher;
alter table voucher_line drop column corrected_cents, drop constraint voucher_line_amount_cents_check;
drop index voucher_once;
alter table voucher drop column run_on, drop column payer_ik, drop column payer_name, drop column name, drop column street, drop column city,
    drop column iban, drop column bic, drop constraint voucher_total_cents_check;
drop table voucher_counter, payment_run, payee;
delete from reference_import where kind = 'payees';
alter table reference_import drop constraint reference_import_kind_check,
    add constraint reference_import_kind_check check (kind in ('prices', 'payers', 'providers', 'senders'));
drop index invoice_claim, invoice_payable;
alter table invoice drop constraint invoice_cancelled_check, drop constraint invoice_claim_check;
drop trigger ledger_accounts on ledger_entry;
drop function ledger_accounts_hold;
