create table if not exists campaign.booth_gifts (
    gift_id         text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    registration_id text not null,              -- that it was given for
    at              timestamptz not null default now(),
    site            text not null
);
create index if not exists booth_gifts_of on campaign.booth_gifts (campaign_id, customer_no);
