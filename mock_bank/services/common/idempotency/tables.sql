create table if not exists {schema}.idempotency (
    idempotency_key text primary key,
    operation       text not null,
    customer_no     text not null,
    body_hash       bytea not null,
    scope           text not null,              -- campaign id, so that a campaign can be replaced whole; '' in the bank
    code            text not null,
    data            text not null,              -- the answer as it was sent: a replay is equal byte for byte
    at              timestamptz not null default now(),
    site            text not null
);
