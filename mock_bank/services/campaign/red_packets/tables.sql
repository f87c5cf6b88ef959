create table if not exists campaign.pool_shards (
    campaign_id text not null references campaign.campaigns on delete cascade,
    shard       integer not null,
    pool_fen    bigint not null,
    packets     integer not null,
    min_fen     bigint not null,
    max_fen     bigint not null,
    out_fen     bigint not null default 0,
    out_packets integer not null default 0,
    primary key (campaign_id, shard),
    check (out_fen <= pool_fen and out_packets <= packets)
) with (fillfactor = 20);

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
