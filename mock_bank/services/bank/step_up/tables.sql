-- A telephone's key is told to that telephone and kept nowhere: it is drawn from the services' secret, as here from the row.
create table if not exists bank.devices (
    binding_id      text primary key,
    idempotency_key text not null unique,
    customer_no     text not null,
    device          text not null,
    trusted         boolean not null default false,  -- once a transfer from it has been let through by an answered challenge
    at              timestamptz not null default now(),
    site            text not null,
    unique (customer_no, device)
);

create table if not exists bank.login_nonces (
    nonce_id        text primary key,
    idempotency_key text not null unique,
    customer_no     text not null,
    device          text not null,
    at              timestamptz not null default now(),
    site            text not null
);

create table if not exists bank.biometric_logins (
    login_id        text primary key,
    idempotency_key text not null unique,
    nonce_id        text not null unique,       -- what was signed: good once
    customer_no     text not null,
    at              timestamptz not null default now(),
    site            text not null
);

create table if not exists bank.challenges (
    challenge_id    text primary key,
    transfer_key    text not null,              -- the idempotency key of the transfer that it is for
    customer_no     text not null,
    payer           text not null,
    payee           text not null,
    amount_fen      bigint not null,
    at              timestamptz not null default now(),
    site            text not null
);
create index if not exists challenges_of on bank.challenges (customer_no, transfer_key);

create table if not exists bank.challenge_answers (
    challenge_id    text primary key,           -- answered once
    idempotency_key text not null unique,
    customer_no     text not null,
    device          text not null,
    used_by         text unique,                -- the transfer that it has let through: one
    at              timestamptz not null default now(),
    site            text not null
);
