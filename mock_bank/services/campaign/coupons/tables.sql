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

-- Coupons that the supplier was or is asked for: what became of it is known when it has answered.
create table if not exists campaign.redemptions_begun (
    coupon_code     text primary key,
    idempotency_key text not null
) with (fillfactor = 50);
