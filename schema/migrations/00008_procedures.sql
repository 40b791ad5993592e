-- § 295: an invoice is identified by who bills and its own number, is looked up by
-- that number (RP-2), and a Storno takes it back (CHK-9).
-- Beside the running version: it never writes the new state, and refuses the
-- deliveries that lead to it.

-- +goose Up
alter table invoice drop constraint invoice_state_check;
alter table invoice add constraint invoice_state_check
    check (state in ('approved', 'corrected', 'refused', 'paid', 'cancelled'));
alter table invoice add constraint invoice_cancelled_cents_check check (cancelled_cents between 0 and billed_cents);
drop index delivery_reference_once;
create unique index delivery_reference_once on delivery (sender_ik, recipient_ik, exchange_reference,
    (extract(year from wire_created_on)), (case when provider_group in ('300', '295') then provider_group else '' end))
    where state in ('accepted', 'partly_rejected');
comment on index delivery_reference_once is 'P1009, APO-D07, IV-D02: sender, recipient and Datenaustauschreferenz (§ 300: the logical file name) identify an interchange of a procedure; the reference runs 00001-99999 and starts again, so the year is part of the key.';
create index invoice_single on invoice (provider_ik, single_number) where provider_group = '295';
create index invoice_single_lookup on invoice (payee_ik, single_number, invoice_date) where provider_group = '295';
comment on column invoice.cancelled_cents is 'What a Storno took back while it was still open (§ 295).';
comment on column invoice.provider_group is 'Leistungserbringersammelgruppe A to S of § 302, else the procedure: 300, 295.';

-- +goose Down
drop index delivery_reference_once;
create unique index delivery_reference_once on delivery (sender_ik, recipient_ik, exchange_reference, (extract(year from wire_created_on))) where state in ('accepted', 'partly_rejected');
comment on index delivery_reference_once is 'P1009: sender, recipient and Datenaustauschreferenz identify an interchange; the reference runs 00001-99999 and starts again, so the year is part of the key.';
drop index invoice_single_lookup;
drop index invoice_single;
alter table invoice drop constraint invoice_cancelled_cents_check;
alter table invoice drop constraint invoice_state_check;
alter table invoice add constraint invoice_state_check check (state in ('approved', 'corrected', 'refused', 'paid'));
comment on column invoice.cancelled_cents is null;
comment on column invoice.provider_group is null;
