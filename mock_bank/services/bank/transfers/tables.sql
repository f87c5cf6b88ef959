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
    site            text not null,
    challenge_id    text not null,              -- the answered challenge that let it through; '' where it needed none
    new_device      boolean not null            -- asked for as by a telephone that is not trusted yet
);
