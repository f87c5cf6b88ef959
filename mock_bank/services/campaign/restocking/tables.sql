-- What the campaign's plan says of a prize: in which batches more of it comes, how many at most, and how long before its end it is ordered.
create table if not exists campaign.restock_plans (
    activity_id text not null references campaign.activities on delete cascade,
    sku         text not null,
    batch       text not null,
    units       integer not null,
    most        integer not null,
    lead_ms     bigint not null,
    ordered     integer not null default 0,     -- of orders that are open or delivered
    primary key (activity_id, sku, batch)
) with (fillfactor = 50);

-- How many were granted by when, for the last seconds.
create table if not exists campaign.restock_samples (
    activity_id text not null,
    sku         text not null,
    batch       text not null,
    at          timestamptz not null,
    granted     bigint not null,
    primary key (activity_id, sku, batch, at),
    foreign key (activity_id, sku, batch) references campaign.restock_plans on delete cascade
);

-- An order stands here before anybody is asked for it. At most one supplier is asked at a time; another one only where this one has said no.
create table if not exists campaign.restock_orders (
    order_id     text primary key,
    campaign_id  text not null,
    activity_id  text not null,
    sku          text not null,
    batch        text not null,
    subject      text not null,                 -- what the suppliers know the prize by
    units        integer not null,
    remaining    bigint not null,               -- as it was ordered
    went         bigint not null,               -- in the time before
    window_ms    bigint not null,
    lead_ms      bigint not null,
    ordered_at   timestamptz not null,
    gone_at      timestamptz,                   -- by the forecast; null: nothing goes
    asked        text not null,                 -- who is asked, or was last
    calls        integer not null default 0,    -- of that supplier
    refused_by   text not null default '',      -- in order, with blanks between them
    state        text not null default 'OPEN',  -- DELIVERED, REFUSED
    ended_at     timestamptz,
    next_at      timestamptz not null,          -- until then whoever is at it sees to it
    site         text not null
) with (fillfactor = 50);
create index if not exists restock_orders_open on campaign.restock_orders (next_at) where state = 'OPEN';
create index if not exists restock_orders_prize on campaign.restock_orders (activity_id, sku, batch);
