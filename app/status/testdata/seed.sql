-- Synthetic invoices for the look-up tests. IKs are made up; their check digits
-- are right. Provider 260326822 bills itself, provider 460999336 through the
-- service 590999223, which collects.

insert into delivery (id, message_id, sender_ik, recipient_ik, payload_sha256, size_bytes, state, received_at, received_on)
values ('00000000-0000-7000-8000-000000000001', 'seed', '260326822', '108999446', '\x01', 1, 'accepted', '2026-09-03 08:15:00+02', '2026-09-03');

insert into reference_import (kind, sha256, row_count, imported_at) values ('payers', '\x02', 2, '2026-01-02 08:00:00+01');
insert into payer (import_id, ik, name, card_ik, valid_from)
values (1, '108999446', 'Musterkasse Nord', '108999446', '2020-01-01'),
       (1, '108999446', 'Musterkasse Nord', '108999457', '2020-01-01');

create function seed(id int, number text, single text, day date, provider text, payee text, payer text, billed int, corrected int, state text)
returns void language sql as $$
insert into invoice (id, delivery_id, received_on, provider_group, collective_number, single_number, invoice_date, kind,
    processing_code, provider_ik, payer_ik, fund_ik, biller_ik, payee_ik, segment, byte_offset, cases, positions,
    billed_cents, approved_cents, corrected_cents, state, created_at)
values (id, '00000000-0000-7000-8000-000000000001', day + 2, 'A', number, single, day, case when provider = payee then 1 else 3 end,
    1, provider, payer, payer, case when provider = payee then '' else payee end, payee, 1, 0, 3, 7,
    billed, billed - corrected, corrected, state, (day + 3) + time '09:30')
$$;

-- One of each state under one number; the second single number sorts after the
-- tenth only as text.
select seed(1, '2026-0811', '1', '2026-09-01', '260326822', '260326822', '108999446', 124050, 0, 'paid'),
       seed(2, '2026-0811', '2', '2026-09-01', '260326822', '260326822', '108999446', 80000, 14860, 'corrected'),
       seed(3, '2026-0811', '10', '2026-09-01', '260326822', '260326822', '108999550', 5210, 5210, 'refused'),
       seed(4, '2026-0811', '11', '2026-09-01', '260326822', '260326822', '108999446', 9900, 0, 'approved');
-- Entirely paid, by two vouchers.
select seed(5, '2026-0829', '0', '2026-09-14', '260326822', '260326822', '108999446', 320415, 1000, 'paid');
-- Same number and date at another payee; another area; another date.
select seed(6, '2026-0811', '1', '2026-09-01', '460999336', '460999336', '108999446', 777700, 0, 'approved');
select seed(7, '2026-0811', '1', '2026-09-02', '260326822', '260326822', '108999446', 888800, 0, 'approved');
-- Refused and approved as a whole.
select seed(8, '2026-0902', '0', '2026-10-01', '260326822', '260326822', '108999446', 5210, 5210, 'refused');
select seed(9, '2026-0903', '0', '2026-10-02', '260326822', '260326822', '108999446', 6310, 0, 'approved');
select seed(10, '2026-0904', '0', '2026-10-03', '260326822', '260326822', '108999446', 6310, 310, 'corrected');
-- A billing service that collects for two providers: 120 invoices.
select seed(1000 + n, 'S4711', n::text, '2026-09-21', case when n % 3 = 0 then '460999336' else '260326822' end,
    '590999223', '108999446', 1000 + n, 0, 'paid') from generate_series(1, 120) n;

insert into correction_case (id, case_id, invoice_id, provider_ik, payee_ik, provider_group, voucher_no, corrected_cents, state, provided_at, editable_until)
values ('00000000-0000-7000-8000-0000000000c1', 1, 2, '260326822', '260326822', 'A', 'B1', 14860, 'new', '2026-09-04 09:30+02', '2026-12-05 00:00+01');
insert into correction (id, invoice_id, case_id, position_no, correction_case_id, rule_code, rule_version, amount_cents, gross_cut_cents, copay_cut_cents, text, heal, in_force, created_at)
values ('00000000-0000-7000-8000-0000000000d1', 2, 1, 1, '00000000-0000-7000-8000-0000000000c1', 'P4010', 1, 10000, 10000, 0, 'Preis', 'document', true, '2026-09-04 09:30+02'),
       ('00000000-0000-7000-8000-0000000000d2', 2, 1, 2, '00000000-0000-7000-8000-0000000000c1', 'P4010', 1, 4860, 4860, 0, 'Preis', 'document', true, '2026-09-04 09:30+02'),
       ('00000000-0000-7000-8000-0000000000d3', 2, 1, 3, '00000000-0000-7000-8000-0000000000c1', 'P4010', 1, 500, 500, 0, 'Preis', 'document', false, '2026-09-04 09:30+02');

-- Integrierte Versorgung: paid by one voucher and set off by the next, which pays a
-- pharmacy's invoice of the same payee.
select seed(21, '', 'IV-77', '2026-08-03', '670999331', '670999331', '108999446', 5000, 0, 'cancelled'),
       seed(22, 'ARZ-0815', 'ARZ-0815-670999331', '2026-09-03', '670999331', '670999331', '108999446', 7000, 0, 'paid');
update invoice set provider_group = case id when 21 then '295' else '300' end, cancelled_cents = case id when 21 then 5000 else 0 end where id in (21, 22);

insert into payment_run (run_on, execute_on, received_through, debtor_name, debtor_iban, debtor_bic, opened_at)
select day, day, day - 14, 'Abrechnungszentrum', '', '', day - 1 from unnest('{2026-08-20, 2026-09-20, 2026-09-25, 2026-10-02, 2026-10-05}'::date[]) day;
insert into voucher (number, run_on, payee_ik, payer_ik, payer_name, name, street, city, iban, bic, paid_on, total_cents, created_at)
select number, paid_on, payee, '108999446', 'Musterkasse Nord', 'Praxis', '', '', '', '', paid_on, cents, paid_on - 1
from (values ('0000012345', '260326822', '2026-09-25'::date, 324050), ('0000012346', '260326822', '2026-10-02', 119415),
    ('0000099999', '590999223', '2026-10-05', 127260),
    ('0000012301', '670999331', '2026-08-20', 5000), ('0000012302', '670999331', '2026-09-20', 2000)) v (number, payee, paid_on, cents);
insert into voucher_line (voucher_number, invoice_id, amount_cents, corrected_cents)
values ('0000012301', 21, 5000, 0), ('0000012302', 21, -5000, 0), ('0000012302', 22, 7000, 0), ('0000012345', 1, 124050, 0), ('0000012345', 5, 200000, 1000), ('0000012346', 5, 119415, 1000);
insert into voucher_line (voucher_number, invoice_id, amount_cents, corrected_cents)
select '0000099999', 1000 + n, 1000 + n, 0 from generate_series(1, 120) n;
