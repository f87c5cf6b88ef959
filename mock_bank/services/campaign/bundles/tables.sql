create table if not exists campaign.bundle_rules (
    campaign_id text primary key references campaign.campaigns on delete cascade,
    face_fen    bigint not null,
    coupons     integer not null,               -- so many there are
    given       integer not null default 0,
    check (given <= coupons)
);

-- Each bundle is a saga: the bank opens the plan, we grant the coupon; where there is none left, the bank cancels the plan.
create table if not exists campaign.bundles (
    bundle_id       text primary key,           -- the bank's plan has the same id
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    monthly_fen     bigint not null,
    state           text not null default 'OPENING',  -- OPENING, UNDOING, COMPLETED, COMPENSATED
    amount_fen      bigint,                     -- of the coupon; null until it is known
    next_at         timestamptz not null,       -- until then whoever made it sees to it
    at              timestamptz not null default now(),
    settled_at      timestamptz,
    site            text not null,
    unique (campaign_id, customer_no)
) with (fillfactor = 80);
create index if not exists bundles_due on campaign.bundles (next_at) where state in ('OPENING', 'UNDOING');
