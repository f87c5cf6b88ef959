create table if not exists campaign.tier_rights (
    right_id        text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null references campaign.campaigns on delete cascade,
    customer_no     text not null,
    tier            text not null,
    at              timestamptz not null default now(),
    site            text not null,
    unique (campaign_id, customer_no, tier)
);
