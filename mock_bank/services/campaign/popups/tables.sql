create table if not exists campaign.popup_rules (
    campaign_id text primary key references campaign.campaigns on delete cascade,
    per_day     integer not null
);

create table if not exists campaign.popup_days (
    campaign_id text not null,
    customer_no text not null,
    day         date not null,
    shown       integer not null default 0,
    primary key (campaign_id, customer_no, day)
) with (fillfactor = 50);

create table if not exists campaign.popups (
    popup_id        text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    view            text not null,
    at              timestamptz not null default now(),
    site            text not null,
    unique (campaign_id, customer_no, view)
);
