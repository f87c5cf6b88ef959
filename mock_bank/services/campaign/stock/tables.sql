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
