-- Core of Klarbeleg: what arrives (inbox, delivery), what is billed (invoice,
-- billing_case, position), what the checks found (finding, correction), what
-- providers work on (correction_case), money (ledger, voucher), what leaves
-- (outbox, mail) and when things ran (job_run).
-- Bulk tables (position, finding) are partitioned by the month of receipt so that
-- retention drops partitions, and carry no foreign keys: a key check per row
-- would cost more than the row. check-invariants watches them instead.

-- +goose Up
create table inbox (
    consumer     text        not null,
    message_id   text        not null,
    body_sha256  bytea       not null,
    state        text        not null check (state in ('new', 'done', 'quarantined')),
    received_at  timestamptz not null,
    primary key (consumer, message_id)
);
comment on table inbox is 'One row per message and consumer: the reason why an effect happens once (DTA-1, CRD-1). Retention: at least 400 days.';

create table outbox (
    id           bigint generated always as identity primary key,
    event_id     uuid        not null unique,
    kind         text        not null,
    subject_id   uuid,
    topic        text        not null,
    key          text        not null,
    type         text        not null,
    content_type text        not null default 'application/json',
    headers      jsonb,
    body         bytea,
    created_at   timestamptz not null,
    published_at timestamptz
);
create index outbox_unpublished on outbox (id) where published_at is null;
create unique index outbox_correction on outbox (subject_id) where kind = 'correction';
comment on table outbox is 'Messages written in the transaction that causes them; the relay alone publishes (CHK-4). Retention: body erased 7 days after publication.';

create table quarantine (
    id             uuid        primary key,
    consumer       text        not null,
    topic          text        not null,
    partition      int         not null,
    message_offset bigint      not null,
    message_id     text        not null,
    key            bytea,
    headers        jsonb       not null,
    body           bytea       not null,
    reason_code    text        not null,
    reason         text        not null,
    state          text        not null default 'waiting' check (state in ('waiting', 'replayed', 'dismissed')),
    replays        int         not null default 0,
    created_at     timestamptz not null,
    replayed_at    timestamptz,
    unique (consumer, topic, partition, message_offset)
);
alter table quarantine alter column body set storage external;
comment on table quarantine is 'Unreadable input, whole, with its reason; an operator replays it (DTA-10). Social data. Retention: 90 days after solution, at most 1 year.';

create table blob (
    key        text        primary key,
    size       bigint      not null check (size >= 0),
    created_at timestamptz not null
);
comment on table blob is 'Objects in the blob store that a row owns; key is the SHA-256 of the bytes in hex.';

create table delivery (
    id                 uuid        primary key,
    message_id         text        not null,
    sender_ik          text        not null,
    recipient_ik       text,
    transfer_name      text,
    exchange_reference text,
    provider_group     text,
    test_indicator     text,
    wire_created_on    date,
    payload_sha256     bytea       not null,
    blob_key           text        references blob,
    size_bytes         bigint      not null,
    segments           bigint      not null default 0,
    state              text        not null check (state in ('accepted', 'partly_rejected', 'rejected', 'duplicate', 'quarantined')),
    claimed_invoices   int         not null default 0,
    claimed_cents      bigint      not null default 0,
    duplicate_of       uuid        references delivery,
    received_at        timestamptz not null,
    received_on        date        not null,
    erased_at          timestamptz
);
create unique index delivery_payload_once on delivery (payload_sha256) where state in ('accepted', 'partly_rejected');
create unique index delivery_reference_once on delivery (sender_ik, recipient_ik, exchange_reference, (extract(year from wire_created_on))) where state in ('accepted', 'partly_rejected');
create index delivery_received on delivery (received_at);
comment on table delivery is 'One Auftragsdatei and one Nutzdatendatei as received (DTA-1). The raw bytes are the blob. Retention: until all its cases are completed + 3 months.';
comment on column delivery.claimed_cents is 'Sum of what the statements of the file demand, in cents; equals invoice.billed_cents + refused_invoice.billed_cents (INV-3).';
comment on index delivery_reference_once is 'P1009: sender, recipient and Datenaustauschreferenz identify an interchange; the reference runs 00001-99999 and starts again, so the year is part of the key.';

create sequence invoice_id_block;
create sequence case_id_block;
comment on sequence invoice_id_block is 'Each value hands out a block of 4096 invoice ids (store/ids.go).';
comment on sequence case_id_block is 'Each value hands out a block of 4096 case ids (store/ids.go).';

create table invoice (
    id                bigint      primary key,
    delivery_id       uuid        not null references delivery deferrable initially deferred,
    received_on       date        not null,
    provider_group    text        not null,
    collective_number text        not null,
    single_number     text        not null,
    invoice_date      date        not null,
    kind              smallint    not null check (kind between 1 and 3),
    processing_code   smallint    not null,
    provider_ik       text        not null,
    payer_ik          text        not null,
    fund_ik           text        not null,
    biller_ik         text        not null default '',
    payee_ik          text        not null,
    segment           int         not null,
    byte_offset       bigint      not null,
    cases             int         not null,
    positions         int         not null,
    billed_cents      bigint      not null check (billed_cents >= 0),
    approved_cents    bigint      not null check (approved_cents >= 0),
    corrected_cents   bigint      not null check (corrected_cents >= 0),
    cancelled_cents   bigint      not null default 0,
    state             text        not null check (state in ('approved', 'corrected', 'refused', 'paid')),
    created_at        timestamptz not null,
    check (approved_cents + corrected_cents = billed_cents)
);
create index invoice_key on invoice (provider_ik, collective_number, single_number, invoice_date);
create index invoice_lookup on invoice (payee_ik, collective_number, invoice_date);
create index invoice_number on invoice (fund_ik, collective_number, single_number);
create index invoice_delivery on invoice (delivery_id);
comment on table invoice is 'One Einzelrechnung that passed stages 1-3. approved + corrected = billed at every commit (CHK-3).';
comment on column invoice.payee_ik is 'The IK that is paid and under which the invoice is looked up: the billing service of Rechnungsart 3, else the provider (RP-5).';

create table refused_invoice (
    delivery_id       uuid    not null references delivery deferrable initially deferred,
    no                int     not null,
    collective_number text    not null,
    single_number     text    not null,
    provider_ik       text    not null,
    billed_cents      bigint  not null,
    rule              text    not null,
    segment           int     not null,
    byte_offset       bigint  not null,
    primary key (delivery_id, no)
);
comment on table refused_invoice is 'Invoices that a delivery claimed and stages 1-3 refused; nothing of a person is kept.';

create table delivery_error (
    delivery_id uuid   not null references delivery deferrable initially deferred,
    no          int    not null,
    stage       smallint not null,
    code        text   not null,
    severity    text   not null,
    scope       text   not null,
    segment     int    not null,
    byte_offset bigint not null,
    tag         text   not null default '',
    element     smallint not null default 0,
    component   smallint not null default 0,
    text        text   not null,
    primary key (delivery_id, no)
);
comment on table delivery_error is 'Errors of a receipt: stage, code, place, German text without any field value (DTA-6).';

create table billing_case (
    id              bigint  primary key,
    invoice_id      bigint  not null,
    received_on     date    not null,
    no              int     not null,
    voucher_no      text    not null,
    kvnr            text    not null,
    segment         int     not null,
    byte_offset     bigint  not null,
    positions       int     not null,
    billed_cents    bigint  not null,
    corrected_cents bigint  not null check (corrected_cents >= 0),
    document        json    not null
);
create index billing_case_invoice on billing_case (invoice_id);
comment on table billing_case is 'One prescription as billed. document holds person, prescription, diagnoses, approvals and sums as received. Social data. Retention: person fields erased with the invoice.';

create table position (
    received_on     date     not null,
    invoice_id      bigint   not null,
    no              int      not null,
    case_id         bigint   not null,
    segment         int      not null,
    byte_offset     bigint   not null,
    billing_code    text     not null,
    tariff          text     not null,
    item            text     not null,
    quantity        bigint   not null,
    price_cents     bigint   not null,
    vat_cents       bigint   not null,
    copay_cents     bigint,
    service_date    date     not null,
    corrected_cents bigint   not null,
    line_key        bigint,
    extra           json,
    primary key (invoice_id, no, received_on)
) partition by range (received_on);
create index position_line_key on position (service_date, line_key);
comment on table position is 'One billed service line. quantity in hundredths; copay_cents is the co-payment per unit; line_key the fingerprint for the duplicate check (CHK-5). Social data.';
comment on index position_line_key is 'Duplicate check. The date comes first so that inserts and look-ups touch the recent part of the index only.';

create table finding (
    received_on     date     not null,
    invoice_id      bigint   not null,
    case_id         bigint,
    position_no     int,
    check_run       int      not null default 1,
    rule            text     not null,
    rule_version    int      not null,
    severity        text     not null,
    segment         int      not null,
    byte_offset     bigint   not null,
    billed_cents    bigint   not null,
    corrected_cents bigint   not null,
    params          json
) partition by range (received_on);
create index finding_invoice on finding (invoice_id);
comment on table finding is 'What a rule found: the log behind every decision (CHK-11). Social data.';

create table correction_case (
    id               uuid        primary key,
    case_id          bigint      not null unique,
    invoice_id       bigint      not null references invoice,
    provider_ik      text        not null,
    payee_ik         text        not null,
    provider_group   text        not null,
    voucher_no       text        not null,
    corrected_cents  bigint      not null check (corrected_cents > 0),
    state            text        not null check (state in ('new', 'in_progress', 'completed')),
    provided_at      timestamptz not null,
    editable_until   timestamptz not null,
    follow_up_on     date,
    completed_at     timestamptz,
    completed_by     text        check (completed_by in ('provider', 'deadline', 'operator')),
    visible_until    timestamptz,
    erased_at        timestamptz,
    check ((state = 'completed') = (completed_at is not null)),
    check ((completed_at is null) = (completed_by is null))
);
create index correction_case_open on correction_case (editable_until) where state <> 'completed';
create index correction_case_payee on correction_case (payee_ik, state);
comment on table correction_case is 'Vorgang: what a provider works on (COR-2). editable_until: 3 months from provision, end of the Berlin day (COR-8); visible_until: 3 months after completion (COR-10).';

create table correction (
    id            uuid        primary key,
    invoice_id    bigint      not null references invoice,
    case_id       bigint      not null,
    position_no   int,
    correction_case_id uuid   not null references correction_case,
    rule_code     text        not null,
    rule_version  int         not null,
    check_run     int         not null default 1,
    amount_cents  bigint      not null check (amount_cents > 0),
    gross_cut_cents bigint    not null,
    copay_cut_cents bigint    not null,
    text          text        not null,
    heal          text        not null,
    state         text        not null default 'open' check (state in ('open', 'corrected')),
    in_force      boolean     not null default true,
    created_at    timestamptz not null
);
create unique index correction_once on correction (case_id, coalesce(position_no, -1), rule_code, check_run);
create index correction_invoice on correction (invoice_id);
create index correction_created on correction (created_at);
comment on table correction is 'Berichtigung: an amount not paid, with its reason (CHK-3, CHK-4). One per finding with money effect (INV-7).';

create sequence ledger_txn;
create table ledger_entry (
    id           bigint generated always as identity primary key,
    txn_id       bigint      not null,
    invoice_id   bigint      not null references invoice,
    account      text        not null check (account in ('billed', 'open', 'corrected', 'paid')),
    amount_cents bigint      not null,
    booked_at    timestamptz not null
);
create index ledger_entry_invoice on ledger_entry (invoice_id);
comment on table ledger_entry is 'Append-only double entry: every booking (txn_id) sums to zero.';

-- +goose StatementBegin
create function ledger_sums_to_zero() returns trigger language plpgsql as $$
begin
    if exists (select from booked group by txn_id having sum(amount_cents) <> 0) then
        raise exception 'ledger booking does not sum to zero' using errcode = 'check_violation';
    end if;
    return null;
end $$;
create function append_only() returns trigger language plpgsql as $$
begin
    raise exception 'table % is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd
create trigger ledger_zero after insert on ledger_entry referencing new table as booked
    for each statement execute function ledger_sums_to_zero();
create trigger ledger_append_only before update or delete or truncate on ledger_entry
    for each statement execute function append_only();

create table voucher (
    number      text        primary key check (number ~ '^0[0-9]{9}$'),
    payee_ik    text        not null,
    paid_on     date        not null,
    total_cents bigint      not null,
    created_at  timestamptz not null
);
create table voucher_line (
    voucher_number text   not null references voucher,
    invoice_id     bigint not null references invoice,
    amount_cents   bigint not null,
    primary key (voucher_number, invoice_id)
);
create index voucher_line_invoice on voucher_line (invoice_id);
comment on table voucher is 'Zahlbeleg: ten digits beginning with 0 (PAY-1).';

create table reference_import (
    id          bigint generated always as identity primary key,
    kind        text        not null check (kind in ('prices', 'payers', 'providers')),
    sha256      bytea       not null,
    row_count   int         not null,
    imported_at timestamptz not null
);
comment on table reference_import is 'Each import of a reference list (CHK-6); rows replaced by a later import stay with superseded_by set.';
create table price (
    import_id     bigint not null references reference_import,
    billing_code  text   not null,
    tariff        text   not null,
    item          text   not null,
    text_de       text   not null,
    price_cents   bigint not null check (price_cents >= 0),
    valid_from    date   not null,
    valid_to      date,
    superseded_by bigint references reference_import,
    check (valid_to is null or valid_to >= valid_from)
);
create unique index price_current on price (billing_code, tariff, item, valid_from, price_cents) where superseded_by is null;
create table payer (
    import_id     bigint not null references reference_import,
    ik            text   not null,
    name          text   not null,
    card_ik       text   not null,
    valid_from    date   not null,
    valid_to      date,
    superseded_by bigint references reference_import
);
create unique index payer_current on payer (ik, card_ik, valid_from) where superseded_by is null;
create table provider (
    import_id      bigint not null references reference_import,
    ik             text   not null,
    name           text   not null,
    provider_group text   not null,
    billing_code   text   not null,
    tariff         text   not null,
    valid_from     date   not null,
    valid_to       date,
    superseded_by  bigint references reference_import
);
create unique index provider_current on provider (ik, provider_group, billing_code, tariff, valid_from) where superseded_by is null;

create table institution (
    id         uuid        primary key,
    name       text        not null,
    created_at timestamptz not null
);
create table institution_ik (
    ik             text primary key,
    institution_id uuid not null references institution
);
create table app_user (
    id             uuid        primary key,
    institution_id uuid        not null references institution,
    email          text        not null,
    state          text        not null default 'active' check (state in ('active', 'inactive', 'deleted')),
    created_at     timestamptz not null
);
comment on table app_user is 'A user of the service portal. Retention: locked after 6 months without login, erased 12 months later.';

create table mail (
    id         uuid        primary key,
    kind       text        not null,
    dedup_key  text        not null unique,
    user_id    uuid        references app_user,
    local_day  date        not null,
    recipient  text        not null,
    subject    text        not null,
    body_text  text        not null,
    state      text        not null default 'planned' check (state in ('planned', 'sending', 'sent', 'unknown', 'failed')),
    attempts   int         not null default 0,
    next_at    timestamptz not null,
    error_code text        not null default '',
    created_at timestamptz not null,
    sent_at    timestamptz
);
create unique index mail_digest_once on mail (user_id, local_day) where kind = 'digest';
create index mail_due on mail (next_at) where state = 'planned';
comment on table mail is 'E-mails to send: planned, sending (committed before SMTP), sent; found in sending at start = unknown, not sent again (G-6).';

create table job_calendar (
    job text        not null,
    due timestamptz not null,
    primary key (job, due)
);
create table job_run (
    job         text        not null,
    due_at      timestamptz not null,
    state       text        not null check (state in ('running', 'done', 'failed')),
    fence       bigint      not null default 1,
    lease_until timestamptz not null,
    started_at  timestamptz not null,
    finished_at timestamptz,
    items       int         not null default 0,
    failed      int         not null default 0,
    error_code  text        not null default '',
    primary key (job, due_at)
);
comment on table job_run is 'The row decides that a due run happens once, with any number of replicas (JOB-7).';

create table lookup_result (
    id         text        primary key,
    kind       text        not null,
    payload    jsonb       not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index lookup_result_expires on lookup_result (expires_at);
comment on table lookup_result is 'Result of a look-up without login, kept 15 minutes under a random id, so that no value stands in a URL (RP-7).';

-- +goose StatementBegin
create function ensure_month_partitions(first date, months int) returns void language plpgsql as $$
declare
    m date := date_trunc('month', first)::date;
    t text;
begin
    perform pg_advisory_xact_lock(hashtext('klarbeleg.partitions'));
    for i in 0 .. months - 1 loop
        foreach t in array array['position', 'finding'] loop
            execute format('create table if not exists %I partition of %I for values from (%L) to (%L)',
                t || '_' || to_char(m, 'YYYYMM'), t, m, (m + interval '1 month')::date);
        end loop;
        m := (m + interval '1 month')::date;
    end loop;
end $$;
-- +goose StatementEnd

-- +goose Down
drop table lookup_result, job_run, job_calendar, mail, app_user, institution_ik, institution,
    provider, payer, price, reference_import, voucher_line, voucher, ledger_entry, correction,
    correction_case, finding, position, billing_case, delivery_error, refused_invoice, invoice,
    delivery, blob, quarantine, outbox, inbox cascade;
drop sequence ledger_txn, invoice_id_block, case_id_block;
drop function ledger_sums_to_zero, append_only, ensure_month_partitions;
