-- Card orders (CRD-1): the state of each order, its accepted events, events that
-- wait for a missing one and events that were refused. Applying an event locks
-- the order's row, so that two replicas apply in order.
-- Access: the consumer and operators; applicants see their own orders through
-- the use case. Retention: with the contract; applications without written form
-- are erased after the configured time (CRD-3).

-- +goose Up
create table card_order (
    order_id               text        primary key,
    product                text        not null default '' check (product in ('', 'eha.physician', 'eha.dentist', 'eha.psychotherapist', 'smcb')),
    kind                   text        not null default '' check (kind in ('', 'first', 'follow_up', 'additional', 'exchange', 'replacement')),
    issuing_body           text        not null default '',
    email                  text        not null default '',
    previous_card          text        not null default '',
    state                  text        not null check (state in ('none', 'drafted', 'submitted', 'abandoned', 'ordered', 'in_release',
                               'released', 'release_refused', 'in_production', 'shipped', 'active', 'spent', 'revoked', 'cancelled')),
    flags                  text[]      not null check (flags <@ array['identified', 'identification_waived', 'documents_received',
                               'documents_complete', 'pin_letter_sent', 'card_pin_locked', 'signature_pin_locked', 'contract_cancelled']),
    card_pin_failures      smallint    not null default 0 check (card_pin_failures between 0 and 3),
    signature_pin_failures smallint    not null default 0 check (signature_pin_failures between 0 and 3),
    card_serial            text        not null default '',
    valid_from             date,
    valid_to               date,
    since                  timestamptz,
    seq                    bigint      not null check (seq >= 0),
    accepted               bigint      not null check (accepted between 0 and seq),
    created_at             timestamptz not null,
    updated_at             timestamptz not null,
    check ((state = 'none') = (accepted = 0)),
    check (product <> '' or state in ('none', 'cancelled')),
    check (kind <> 'additional' or product = 'smcb'),
    check (valid_to >= valid_from),
    check ((card_serial <> '') = (valid_to is not null)),
    constraint card_order_triggered check (state in ('none', 'drafted', 'submitted', 'abandoned', 'cancelled')
        or 'documents_complete' = any (flags) and flags && array['identified', 'identification_waived']),
    constraint card_order_issued check (card_serial <> '' or state not in ('shipped', 'active', 'spent', 'revoked'))
);
create index card_order_state on card_order (state);
comment on table card_order is 'A card order: the fold of its accepted events (CRD-1). Person: e-mail address. State none: only refused or waiting events are known. Expiry is no stored state, valid_to tells it.';
comment on column card_order.seq is 'Sender''s number of the last event decided, accepted or refused; the next one expected is seq + 1.';
comment on column card_order.accepted is 'Number of accepted events = rows in card_event.';
comment on column card_order.since is 'When the event happened that led to the state.';
comment on column card_order.flags is 'What is known beside the state; sorted as in domain/card.';
comment on constraint card_order_triggered on card_order is 'Nothing is ordered before identification and checked documents (CRD-5).';

create table card_event (
    order_id   text        not null references card_order,
    seq        bigint      not null check (seq >= 1),
    sender_seq bigint      not null check (sender_seq >= seq),
    event_id   text        not null,
    type       text        not null,
    at         timestamptz not null,
    data       jsonb       not null,
    applied_at timestamptz not null,
    primary key (order_id, seq)
);
create unique index card_event_id on card_event (event_id);
create unique index card_event_sender_seq on card_event (order_id, sender_seq);
comment on table card_event is 'Accepted events of an order, in the order in which they were applied. Person: data, known fields only. Erased with the order.';
comment on column card_event.seq is 'Counts the accepted events of the order: 1, 2, 3 without gap.';
comment on column card_event.sender_seq is 'The sender''s number; numbers of refused events are missing here.';
create trigger card_event_append_only before update on card_event
    for each row execute function append_only();

create table card_event_parked (
    order_id   text        not null references card_order,
    seq        bigint      not null,
    message_id text        not null,
    body       bytea       not null,
    parked_at  timestamptz not null,
    primary key (order_id, seq)
);
create index card_event_parked_at on card_event_parked (parked_at);
comment on table card_event_parked is 'Events that wait for a missing one before them, whole. Person: body. Gone as soon as they are decided.';
comment on column card_event_parked.seq is 'The sender''s number.';

create table card_event_refused (
    id         bigint      generated always as identity primary key,
    order_id   text,
    seq        bigint,
    message_id text        not null,
    reason     text        not null check (reason in ('schema', 'sequence_taken', 'too_many_parked', 'unknown_order',
                   'impossible_transition', 'condition_not_met', 'kind_not_for_product')),
    detail     text        not null,
    state      text        not null,
    body       bytea       not null,
    refused_at timestamptz not null
);
create index card_event_refused_order on card_event_refused (order_id, seq);
comment on table card_event_refused is 'Events that changed nothing, whole, with the reason (CRD-1). Person: body. Retention: 90 days after solution, at most 1 year.';
comment on column card_event_refused.order_id is 'Null if the message does not tell it.';
comment on column card_event_refused.detail is 'Path of the field or name of the flag, never a value.';
comment on column card_event_refused.state is 'State of the order at that moment; empty if the message could not be read as an event.';

-- +goose Down
drop table card_event_refused, card_event_parked, card_event, card_order;
