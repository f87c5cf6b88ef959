create table if not exists campaign.campaigns (
    campaign_id  text primary key,
    name         text not null,
    state        text not null check (state in ('DRAFT', 'OPEN', 'PAUSED')),  -- WARMUP, RUNNING, CLOSED follow from the time
    start_at     timestamptz not null,
    end_at       timestamptz not null,
    rule_version text not null,
    zone         json not null,
    tasks        json not null,
    budget_fen   bigint not null,
    rp_pool_fen  bigint not null,
    rp_packets   integer not null,
    rp_min_fen   bigint not null,
    rp_max_fen   bigint not null,
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

create table if not exists campaign.stock (
    stock_id    bigint generated always as identity primary key,
    activity_id text not null references campaign.activities on delete cascade,
    sku         text not null,
    batch       text not null,
    face_fen    bigint not null,
    initial     integer not null check (initial >= 0),
    replenished integer not null default 0,
    unique (activity_id, sku, batch)
);

-- A prize's stock lies in several rows (see shards()): a claim holds one of them while its commit waits for the other centre, so
-- as many commits can wait at a time instead of one. No check on granted <= capacity: the switch allow_oversell must be able to break it.
create table if not exists campaign.stock_shards (
    stock_id bigint not null references campaign.stock on delete cascade,
    shard    integer not null,
    capacity integer not null,
    granted  integer not null default 0,
    primary key (stock_id, shard)
) with (fillfactor = 20);

create table if not exists campaign.pool_shards (
    campaign_id text not null references campaign.campaigns on delete cascade,
    shard       integer not null,
    pool_fen    bigint not null,
    packets     integer not null,
    out_fen     bigint not null default 0,
    out_packets integer not null default 0,
    primary key (campaign_id, shard),
    check (out_fen <= pool_fen and out_packets <= packets)
) with (fillfactor = 20);

-- A granted claim is also the coupon: claim CL-<key>, coupon CP-<key>.
create table if not exists campaign.grants (
    claim_id        text primary key,
    idempotency_key text not null,
    campaign_id     text not null,
    activity_id     text not null,
    sku             text not null,
    batch           text not null,
    customer_no     text not null,
    day             date not null,
    amount_fen      bigint not null,
    device          text not null,
    at              timestamptz not null default now(),
    site            text not null
);
create index if not exists grants_customer on campaign.grants (customer_no, activity_id);

create table if not exists campaign.redemptions (
    coupon_code     text primary key,
    redemption_id   text not null,
    idempotency_key text not null,
    campaign_id     text not null,
    customer_no     text not null,
    order_id        text not null,
    amount_fen      bigint not null,
    at              timestamptz not null default now(),
    site            text not null
);

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

create table if not exists campaign.redpackets (
    redpacket_id    text primary key,
    campaign_id     text not null,
    customer_no     text not null,
    day             date not null,
    state           text not null default 'UNOPENED',  -- UNOPENED, OPENED
    amount_fen      bigint not null default 0,
    idempotency_key text,                              -- of the opening
    opened_at       timestamptz,
    site            text not null
) with (fillfactor = 80);

create table if not exists campaign.outbox (
    payout_key  text primary key,               -- the effect's own id: one effect, one payout
    campaign_id text not null,
    customer_no text not null,
    kind        text not null,                  -- redpacket, coupon
    amount_fen  bigint not null,
    state       text not null default 'PENDING',  -- PENDING, PAID, FAILED
    attempts    integer not null default 0,
    next_at     timestamptz not null default now(),
    created_at  timestamptz not null default now(),
    settled_at  timestamptz,
    error       text,
    site        text not null
) with (fillfactor = 80);
create index if not exists outbox_due on campaign.outbox (next_at) where state = 'PENDING';

create table if not exists campaign.beacons (
    node  text not null,
    type  text not null,
    item  text not null,
    seen  bigint not null,
    primary key (node, type, item)
);
