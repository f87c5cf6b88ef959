create table if not exists bank.collections (
    collection_id   text primary key,
    idempotency_key text not null unique,
    customer_no     text not null,              -- who paid
    from_account    text not null,
    to_account      text not null,              -- the merchant's
    order_id        text not null,
    amount_fen      bigint not null check (amount_fen > 0),
    at              timestamptz not null default now(),
    site            text not null,
    unique (to_account, order_id)
);

create table if not exists bank.statements (
    account_id text not null,
    day        date not null,                   -- by the bank's calendar
    orders     integer not null,
    total_fen  bigint not null,
    primary key (account_id, day)
) with (fillfactor = 50);
