create table if not exists campaign.lines (
    campaign_id text not null references campaign.campaigns on delete cascade,
    line        text not null,
    agents      integer not null,
    call_ms     integer not null,               -- that an agent needs for a call, by the desk's own clock
    primary key (campaign_id, line)
);

create table if not exists campaign.conversations (
    call_id         text primary key,
    campaign_id     text not null,
    customer_no     text not null,
    line            text not null,
    idempotency_key text not null,
    at              timestamptz not null default now(),
    answered_at     timestamptz,
    site            text not null
) with (fillfactor = 80);
create index if not exists conversations_waiting on campaign.conversations (campaign_id, line, at) where answered_at is null;
create index if not exists conversations_taken on campaign.conversations (campaign_id, line, answered_at) where answered_at is not null;
