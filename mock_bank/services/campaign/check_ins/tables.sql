create table if not exists campaign.checkins (
    campaign_id     text not null,
    customer_no     text not null,
    day             date not null,
    checkin_id      text not null unique,
    idempotency_key text not null,
    streak          integer not null,
    redpacket_id    text not null,
    at              timestamptz not null default now(),
    site            text not null,
    primary key (campaign_id, customer_no, day)
);
