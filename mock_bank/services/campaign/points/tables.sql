create table if not exists campaign.points_rules (
    campaign_id  text primary key references campaign.campaigns on delete cascade,
    double_from  timestamptz,
    double_until timestamptz                    -- half-open: [from, until), by the time of the payment
);

create table if not exists campaign.points_accounts (
    campaign_id text not null,
    customer_no text not null,
    balance     bigint not null,                -- no check that it is 0 or more: the switch points_on_credit must be able to break it
    primary key (campaign_id, customer_no)
) with (fillfactor = 70);

create table if not exists campaign.points_entries (
    entry_id        text primary key,
    campaign_id     text not null,
    customer_no     text not null,
    points          bigint not null,            -- a gain above zero, a loss below
    kind            text not null,              -- earn, debit, refund
    ref             text not null,              -- the payment, or the exchange
    idempotency_key text not null,
    at              timestamptz not null default now(),
    site            text not null
);
create unique index if not exists points_entries_earned on campaign.points_entries (campaign_id, ref) where kind = 'earn';
