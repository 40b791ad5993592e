-- Access for programs of senders and institutions (DTA-8, COR-17): keys, and what
-- was uploaded with them. Receipts are read by their delivery from now on; they
-- hold no personal data and stay in the outbox as long as the delivery.
-- Beside the running version: new tables and indexes only.
-- Retention: keys 3 years after expiry or revocation, as the audit log; uploads at
-- least 400 days, as the inbox. No row-level security: institutions only, no insured
-- person's data.

-- +goose Up
create table api_key (
    id            text        primary key check (id ~ '^[0-9a-z]{10}$'),
    ik            text        not null check (ik ~ '^[0-9]{9}$'),
    sender_iks    text[]      not null,
    name          text        not null,
    secret_sha256 bytea       not null check (octet_length(secret_sha256) = 32),
    scopes        text[]      not null check (cardinality(scopes) > 0),
    created_at    timestamptz not null,
    expires_at    timestamptz not null check (expires_at > created_at),
    revoked_at    timestamptz,
    last_used_at  timestamptz
);
create index api_key_ik on api_key (ik);
comment on table api_key is 'API keys of institutions. The key itself is shown once and not kept; secret_sha256 is the hash of its 256 random bits.';
comment on column api_key.id is 'Public part of the key, by which it is listed and revoked.';
comment on column api_key.sender_iks is 'Senders for which the institution may send besides itself, as a service company does.';
comment on column api_key.last_used_at is 'Last use, to the minute.';

create table upload (
    id              uuid        primary key,
    ik              text        not null,
    sender_ik       text        not null,
    idempotency_key text        not null,
    content_sha256  bytea       not null check (octet_length(content_sha256) = 32),
    created_at      timestamptz not null,
    unique (ik, idempotency_key)
);
comment on table upload is 'Deliveries taken over HTTP (DTA-8). id is the id of the message; the unique key makes a repeated request the same upload.';
comment on column upload.content_sha256 is 'SHA-256 over both files: the same Idempotency-Key with other content is refused.';

create index delivery_message on delivery (message_id);
create unique index outbox_receipt on outbox (subject_id) where kind = 'receipt';
comment on table outbox is 'Messages written in the transaction that causes them; the relay alone publishes (CHK-4). Retention: body erased 7 days after publication, that of a receipt with its delivery.';

-- +goose Down
comment on table outbox is 'Messages written in the transaction that causes them; the relay alone publishes (CHK-4). Retention: body erased 7 days after publication.';
drop index outbox_receipt;
drop index delivery_message;
drop table upload, api_key;
