create table if not exists bank.customers (
    customer_no text primary key,
    name        text not null,
    phone       text not null,
    id_no       text not null,
    card_no     text not null,
    device      text not null,
    tier        text not null default 'active',
    enrolled_at timestamptz not null default now()
);

insert into bank.accounts (account_id) values ('GL-OPENING') on conflict do nothing;
