-- When a mail was taken for sending: tells mails that a dead process left in
-- "sending" from those that another replica is sending right now (G-6), and
-- counts what left within the last minute over all replicas (F-63).
-- The digest joins corrections to their cases; without the index it would read
-- the whole table.
-- Safe beside the running version: a nullable column and two indexes.

-- +goose Up
alter table mail add column taken_at timestamptz;
create index mail_taken on mail (taken_at);
create index correction_of_case on correction (correction_case_id);
comment on column mail.taken_at is 'Last time the mail was taken for sending; null before the first attempt.';

-- +goose Down
drop index correction_of_case;
alter table mail drop column taken_at;
