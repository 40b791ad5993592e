-- Price lists hold deductions too: group R bills them at a price below 0 (CHK-6).

-- +goose Up
alter table price drop constraint price_price_cents_check;

-- +goose Down
alter table price add constraint price_price_cents_check check (price_cents >= 0) not valid;
