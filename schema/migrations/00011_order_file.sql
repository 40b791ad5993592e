-- A stored delivery can be checked again as it came (CHK-10, G-12): that takes its
-- Auftragsdatei, which names character set and sender. Nothing personal is in it.
-- The running version leaves it empty; such deliveries are checked without it.

-- +goose Up
alter table delivery add column order_file bytea;
comment on column delivery.order_file is 'The Auftragsdatei as received, null where none came.';

-- +goose Down
alter table delivery drop column order_file;
