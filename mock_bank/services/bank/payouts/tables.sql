create table if not exists bank.payouts (
    payout_key  text primary key,
    customer_no text not null,
    account_id  text not null,
    amount_fen  bigint not null check (amount_fen > 0),
    kind        text not null,
    at          timestamptz not null default now(),
    site        text not null
);

insert into bank.accounts (account_id) values ('GL-CAMPAIGN') on conflict do nothing;
