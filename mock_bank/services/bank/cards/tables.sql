create table if not exists bank.cards (
    card_token      text primary key,
    customer_no     text not null,
    card_digest     bytea not null unique,       -- the number itself is kept nowhere
    masked_pan      text not null,
    idempotency_key text not null,
    at              timestamptz not null default now(),
    site            text not null
);
