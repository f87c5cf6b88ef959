create table if not exists campaign.rules (
    campaign_id text not null references campaign.campaigns on delete cascade,
    version     integer not null,
    from_at     timestamptz not null,           -- in force from then on, until the next one is
    text        text not null,
    primary key (campaign_id, version)
);

create table if not exists campaign.rule_acceptances (
    acceptance_id   text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    version         integer not null,
    at              timestamptz not null default now(),
    site            text not null,
    unique (campaign_id, customer_no, version)
);
