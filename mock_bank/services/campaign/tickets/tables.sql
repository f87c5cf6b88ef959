create table if not exists campaign.desks (
    campaign_id text primary key references campaign.campaigns on delete cascade,
    agents      integer not null,
    handle_ms   integer not null                -- that a person needs for a first response, by the desk's own clock
);

create table if not exists campaign.tickets (
    ticket_id       text primary key,
    campaign_id     text not null,
    customer_no     text not null,
    category        text not null,
    idempotency_key text not null,
    at              timestamptz not null default now(),
    answered_at     timestamptz,
    site            text not null
) with (fillfactor = 80);
create index if not exists tickets_open on campaign.tickets (campaign_id, at) where answered_at is null;
create index if not exists tickets_answered on campaign.tickets (campaign_id, answered_at) where answered_at is not null;
