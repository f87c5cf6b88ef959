create table if not exists campaign.campaigns (
    campaign_id  text primary key,
    name         text not null,
    state        text not null check (state in ('DRAFT', 'OPEN', 'PAUSED')),  -- WARMUP, RUNNING, CLOSED follow from the time
    start_at     timestamptz not null,
    end_at       timestamptz not null,
    rule_version text not null,
    budget_fen   bigint not null,
    plan         json not null,                 -- as it was created, the parts of other features included
    created_at   timestamptz not null default now()
);

create table if not exists campaign.activities (
    activity_id      text primary key,
    campaign_id      text not null references campaign.campaigns on delete cascade,
    opens_at         timestamptz not null,
    closes_at        timestamptz not null,
    per_customer_cap integer not null,
    per_batch_cap    integer,
    per_day_cap      integer
);
