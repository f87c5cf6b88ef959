create table if not exists bank.customers (
    customer_no text primary key,
    name        text not null,
    phone       text not null,
    id_no       text not null,
    card_no     text not null,
    device      text not null,
    enrolled_at timestamptz not null default now()
);

-- A customer's balance is kept and guarded; an internal account's is the sum of its postings, so that no internal row is hot.
create table if not exists bank.accounts (
    account_id  text primary key,
    customer_no text,                           -- null: internal
    balance_fen bigint not null default 0 check (balance_fen >= 0)
) with (fillfactor = 70);
create index if not exists accounts_customer on bank.accounts (customer_no);
insert into bank.accounts (account_id) values ('GL-OPENING'), ('GL-CAMPAIGN') on conflict do nothing;

-- One row per leg; posting_id is the transaction's id and ':D' or ':C'.
create table if not exists bank.postings (
    posting_id text primary key,
    account_id text not null,
    debit_fen  bigint not null check (debit_fen >= 0),
    credit_fen bigint not null check (credit_fen >= 0),
    at         timestamptz not null default now(),
    site       text not null
);

create table if not exists bank.transfers (
    transfer_id     text primary key,
    idempotency_key text not null,
    customer_no     text not null,
    from_account    text not null,
    to_account      text not null,
    amount_fen      bigint not null check (amount_fen > 0),
    purpose         text not null,
    state           text not null,              -- SUCCESS, FAILED
    rsp_code        text not null,
    at              timestamptz not null default now(),
    site            text not null
);

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

create table if not exists bank.payouts (
    payout_key  text primary key,
    customer_no text not null,
    account_id  text not null,
    amount_fen  bigint not null check (amount_fen > 0),
    kind        text not null,
    at          timestamptz not null default now(),
    site        text not null
);
