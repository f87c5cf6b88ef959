create table if not exists bank.payments (
    payment_id      text primary key,
    idempotency_key text not null,
    customer_no     text not null,
    account_id      text not null,
    merchant        text not null,
    order_id        text not null,
    amount_fen      bigint not null check (amount_fen > 0),
    state           text not null,              -- SUCCESS, FAILED, REVERSED
    rsp_code        text not null,
    at              timestamptz not null default now(),
    site            text not null
) with (fillfactor = 80);
create index if not exists payments_of_order on bank.payments (account_id, order_id);

create table if not exists bank.reversals (
    reversal_id     text primary key,
    payment_id      text not null unique,
    idempotency_key text not null,
    customer_no     text not null,
    amount_fen      bigint not null,
    reason          text not null,
    at              timestamptz not null default now(),
    site            text not null
);
