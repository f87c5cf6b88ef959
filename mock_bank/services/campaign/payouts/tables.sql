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
