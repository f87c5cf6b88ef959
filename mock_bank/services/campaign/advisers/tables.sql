create table if not exists campaign.adviser_slots (
    campaign_id text not null references campaign.campaigns on delete cascade,
    slot        integer not null,
    taken       boolean not null default false,
    primary key (campaign_id, slot)
) with (fillfactor = 50);

create table if not exists campaign.bookings (
    booking_id      text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    slot            integer not null,
    at              timestamptz not null default now(),
    site            text not null,
    unique (campaign_id, customer_no)
);
