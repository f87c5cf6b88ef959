create table if not exists campaign.parcels (
    parcel_id       text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null references campaign.campaigns on delete cascade,
    customer_no     text not null,
    right_id        text not null,
    prize           text not null,
    address         text not null,              -- personal: who reads back is told its digest alone
    at              timestamptz not null default now(),
    site            text not null
);
create index if not exists parcels_of_right on campaign.parcels (right_id);
