-- The stock of a new campaign's prizes.
create or replace function campaign.on_create_stock(p_campaign text, p json) returns void language sql as $$
    with placed as (
        insert into campaign.stock (activity_id, sku, batch, face_fen, initial)
        select a->>'id', s->>'sku', s->>'batch', (s->>'face_fen')::bigint, (s->>'stock')::integer
          from json_array_elements(p->'activities') a, json_array_elements(a->'skus') s
        returning stock_id, initial
    )
    insert into campaign.stock_shards (stock_id, shard, capacity)
    select placed.stock_id, n, campaign.share(placed.initial, n) from placed, generate_series(0, campaign.shards() - 1) n;
$$;

-- One piece of stock, or false when there is none.
create or replace function campaign.take_one(p_stock bigint) returns boolean language plpgsql as $$
declare
    start integer := floor(random() * campaign.shards());
    mine  integer;
begin
    if campaign.switched_on('allow_oversell') then
        mine := start;
    else
        select shard into mine from campaign.stock_shards where stock_id = p_stock and shard = start and granted < capacity
           for update skip locked;             -- mostly free: the other rows, with all their versions, need not be read
        if mine is null then
            select shard into mine from campaign.stock_shards where stock_id = p_stock and granted < capacity
             order by (shard + start) % campaign.shards() limit 1 for update skip locked;
        end if;
    end if;
    if mine is null then
        -- What is left is in other hands: wait, in one order for all so that no two wait for each other. A row that turns out
        -- empty is passed over, so "sold out" is said only when all that was held was really granted.
        select shard into mine from campaign.stock_shards where stock_id = p_stock and granted < capacity
         order by shard limit 1 for update;
    end if;
    update campaign.stock_shards set granted = granted + 1 where stock_id = p_stock and shard = mine;
    return found;
end $$;

-- What is left of every prize that the snapshot of campaigns has.
create or replace function campaign.stock_snapshot() returns text language sql stable as $$
    select coalesce(json_agg(json_build_object('activity_id', s.activity_id, 'sku', s.sku, 'batch_id', s.batch, 'face_fen', s.face_fen,
               'total', s.initial + s.replenished, 'granted', h.granted, 'remaining', h.capacity - h.granted) order by s.stock_id), '[]')::text
      from campaign.stock s join campaign.activities a using (activity_id) join campaign.campaigns c using (campaign_id),
           lateral (select sum(granted) as granted, sum(capacity) as capacity from campaign.stock_shards where stock_id = s.stock_id) h
     where c.end_at > now() - interval '1 day';
$$;

create or replace function campaign.replenish(
    p_key text, p_hash bytea, p_activity text, p_sku text, p_batch text, p_quantity integer, p_actor text, p_reason text, p_site text,
    out code text, out data text
) language plpgsql as $$
declare
    s campaign.stock%rowtype;
    v_campaign text;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'stock.replenish', p_actor, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into s from campaign.stock where activity_id = p_activity and sku = p_sku and batch = p_batch for update;
    if not found then
        code := 'NOT_FOUND';
        return;
    end if;
    perform 1 from campaign.stock_shards where stock_id = s.stock_id order by shard for update;
    update campaign.stock_shards set capacity = capacity + campaign.share(p_quantity, shard)
     where stock_id = s.stock_id;
    update campaign.stock set replenished = replenished + p_quantity where stock_id = s.stock_id;
    insert into campaign.audit (actor, action, target, reason, before, after, site)
    values (p_actor, 'stock.replenish', p_activity || '/' || p_sku || '/' || p_batch, p_reason,
            json_build_object('replenished', s.replenished), json_build_object('replenished', s.replenished + p_quantity), p_site);
    select campaign_id into v_campaign from campaign.activities where activity_id = p_activity;
    code := 'OK';
    data := json_build_object('initial', s.initial, 'replenished', s.replenished + p_quantity);
    perform campaign.remember(p_key, 'stock.replenish', p_actor, p_hash, v_campaign, code, data, p_site);
end $$;
