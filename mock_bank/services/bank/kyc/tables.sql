create table if not exists bank.kyc (
    customer_no     text primary key,
    kyc_id          text not null unique,
    idempotency_key text not null,
    id_no           text not null unique,        -- one person, one customer; never read back
    at              timestamptz not null default now(),
    site            text not null
);
