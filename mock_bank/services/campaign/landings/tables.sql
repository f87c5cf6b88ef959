create table if not exists campaign.attributions (
    attribution_id  text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    channel         text not null,
    link            text not null,
    at              timestamptz not null default now(),
    site            text not null,
    unique (campaign_id, customer_no)
);

-- A link that ten thousand follow at once is counted in several rows, so that they do not queue at one.
create table if not exists campaign.sources (
    campaign_id text not null,
    channel     text not null,
    link        text not null,
    slot        integer not null,
    customers   bigint not null default 0,
    primary key (campaign_id, channel, link, slot)
) with (fillfactor = 50);
