-- A granted claim is also the coupon: claim CL-<key>, coupon CP-<key>. What other features grant as a coupon stands here too.
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
    site            text not null,
    kind            text not null default 'claim', -- or what else earned the coupon
    rules           integer                        -- the version that it was granted under
);
create index if not exists grants_customer on campaign.grants (customer_no, activity_id);
