create table if not exists campaign.goods (
    campaign_id text not null references campaign.campaigns on delete cascade,
    goods_id    text not null,
    points      bigint not null check (points > 0),
    face_fen    bigint not null,
    primary key (campaign_id, goods_id)
);

-- Points are debited when the order is made, in its own transaction, before the supplier is asked.
create table if not exists campaign.exchanges (
    order_id        text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    goods_id        text not null,
    points          bigint not null,
    face_fen        bigint not null,
    state           text not null default 'PENDING',  -- PENDING, FULFILLED, REFUNDED
    next_at         timestamptz not null,       -- until then whoever made it sees to it
    at              timestamptz not null default now(),
    settled_at      timestamptz,
    site            text not null
) with (fillfactor = 80);
create index if not exists exchanges_due on campaign.exchanges (next_at) where state = 'PENDING';
