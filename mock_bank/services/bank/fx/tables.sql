create table if not exists bank.fx_quotes (
    quote_id        text primary key,
    idempotency_key text not null unique,
    customer_no     text not null,
    currency        text not null,
    foreign_cents   bigint not null check (foreign_cents > 0),
    rate_ppm        bigint not null,            -- fen for a cent, in millionths
    amount_fen      bigint not null check (amount_fen > 0),
    at              timestamptz not null default now(),
    site            text not null
);

create table if not exists bank.fx_deals (
    deal_id         text primary key,
    idempotency_key text not null unique,
    quote_id        text not null unique,
    customer_no     text not null,
    from_account    text not null,
    amount_fen      bigint not null check (amount_fen > 0),
    at              timestamptz not null default now(),
    site            text not null
);

insert into bank.accounts (account_id) values ('GL-FX') on conflict do nothing;
