-- A code itself is with the customer's telephone alone; here lies its digest.
create table if not exists campaign.sms_codes (
    code_id         text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    digest          bytea not null,
    wrong           integer not null default 0,  -- how often something else was shown instead
    at              timestamptz not null default now(),
    expires_at      timestamptz not null,
    site            text not null
) with (fillfactor = 80);
create index if not exists sms_codes_of on campaign.sms_codes (campaign_id, customer_no);

create table if not exists campaign.registrations (
    registration_id text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    code_id         text not null unique,       -- the code that it was done with: good once
    at              timestamptz not null default now(),
    site            text not null,
    unique (campaign_id, customer_no)
);
