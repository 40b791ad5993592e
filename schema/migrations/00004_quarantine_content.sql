-- A message in quarantine is known by its place and its content: a topic that is
-- made anew counts from 0 again, and its unreadable messages must not be taken for
-- those of the old one (DTA-10).
-- Beside the running version: it names the old constraint, so what it would set
-- aside waits and is tried again until the new version takes over; nothing is lost.

-- +goose Up
create unique index quarantine_once on quarantine (consumer, topic, partition, message_offset, sha256(body));
alter table quarantine drop constraint quarantine_consumer_topic_partition_message_offset_key;

-- +goose Down
alter table quarantine add unique (consumer, topic, partition, message_offset);
drop index quarantine_once;
