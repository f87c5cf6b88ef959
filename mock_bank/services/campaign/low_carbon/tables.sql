create table if not exists campaign.carbon_rules (
    campaign_id text primary key references campaign.campaigns on delete cascade,
    points      integer not null,
    per_day     integer not null
);

create table if not exists campaign.carbon_days (
    campaign_id text not null,
    customer_no text not null,
    day         date not null,
    deeds       integer not null default 0,
    primary key (campaign_id, customer_no, day)
) with (fillfactor = 50);

create table if not exists campaign.carbon_points (
    deed_id         text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    payment         text not null,
    points          integer not null,
    at              timestamptz not null default now(),
    site            text not null,
    unique (campaign_id, payment)
);
