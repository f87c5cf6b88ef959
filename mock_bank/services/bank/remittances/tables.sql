-- What sending costs, and from when until when and how often gold customers are spared it.
create table if not exists bank.privilege (
    only_one   boolean primary key default true check (only_one),
    fee_fen    bigint not null,
    free       integer not null,
    free_from  timestamptz not null,
    free_until timestamptz not null
);
insert into bank.privilege values (true, 1500, 0, '-infinity', '-infinity') on conflict do nothing;

create table if not exists bank.remittance_quotes (
    quote_id        text primary key,
    idempotency_key text not null unique,
    customer_no     text not null,
    deal_id         text not null,
    fee_fen         bigint not null check (fee_fen >= 0),
    at              timestamptz not null default now(),
    site            text not null
);
create index if not exists remittance_quotes_customer on bank.remittance_quotes (customer_no);

create table if not exists bank.remittances (
    remittance_id   text primary key,
    idempotency_key text not null unique,
    quote_id        text not null unique references bank.remittance_quotes,
    deal_id         text not null unique,
    customer_no     text not null,
    from_account    text not null,
    fee_fen         bigint not null check (fee_fen >= 0),
    at              timestamptz not null default now(),
    site            text not null
);

insert into bank.accounts (account_id) values ('GL-FEES') on conflict do nothing;
