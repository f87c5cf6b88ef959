create table if not exists campaign.redemptions (
    coupon_code     text primary key,
    redemption_id   text not null,
    idempotency_key text not null,
    campaign_id     text not null,
    customer_no     text not null,
    order_id        text not null,
    amount_fen      bigint not null,
    at              timestamptz not null default now(),
    site            text not null,
    way             text not null               -- supplier, or desk: by hand, while the supplier cannot be had
);

-- Redemptions that the supplier was or is asked for, with all that whoever goes on with one must know; gone once it is entered or given up.
create table if not exists campaign.redemptions_begun (
    coupon_code     text primary key,
    idempotency_key text not null,
    body_hash       bytea not null,
    customer_no     text not null,
    order_id        text not null,
    amount_fen      bigint not null,
    next_at         timestamptz not null,       -- until then whoever began it sees to it
    taken_over      boolean not null default false  -- by who goes on with what nobody sees to
) with (fillfactor = 50);
create index if not exists redemptions_due on campaign.redemptions_begun (next_at);
