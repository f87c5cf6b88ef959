create or replace function campaign.on_create_restocking(p_campaign text, p json) returns void language sql as $$
    insert into campaign.restock_plans (activity_id, sku, batch, units, most, lead_ms)
    select a->>'id', s->>'sku', s->>'batch', (s->'restock'->>'units')::integer, (s->'restock'->>'most')::integer,
           (s->'restock'->>'lead_ms')::bigint
      from json_array_elements(p->'activities') a, json_array_elements(a->'skus') s
     where (s->'restock'->>'units')::integer > 0;
$$;

-- Looks at the prizes that have a plan and are given out now, and orders what would be gone too soon; one node at a time.
create or replace function campaign.order_stock(p_supplier text, p_site text) returns void language plpgsql as $$
declare
    p record;
begin
    if not exists (select 1 from campaign.restock_plans) or not pg_try_advisory_xact_lock(hashtextextended('restocking', 4)) then
        return;
    end if;
    for p in
        select r.activity_id, r.sku, r.batch from campaign.restock_plans r join campaign.activities a using (activity_id)
               join campaign.campaigns c using (campaign_id)
         where a.opens_at <= now() and now() < a.closes_at and campaign.phase(c, now()) = 'RUNNING' limit 500
    loop
        perform campaign.order_prize(p.activity_id, p.sku, p.batch, p_supplier, p_site);
    end loop;
end $$;

-- How fast it goes is told by the last ten seconds, or as many as are known, at least one. What nobody had is asked for again, in a while.
create or replace function campaign.order_prize(p_activity text, p_sku text, p_batch text, p_supplier text, p_site text)
returns void language plpgsql as $$
declare
    p           campaign.restock_plans%rowtype;
    b           campaign.restock_samples%rowtype;
    v_stock     bigint;
    v_at        timestamptz := clock_timestamp();
    v_granted   bigint;
    v_remaining bigint;
    v_went      bigint;
    v_ms        bigint;
    v_units     integer;
    v_gone_ms   double precision;
begin
    select * into p from campaign.restock_plans where activity_id = p_activity and sku = p_sku and batch = p_batch for update;
    select stock_id into v_stock from campaign.stock where activity_id = p_activity and sku = p_sku and batch = p_batch;
    select sum(granted), sum(capacity - granted) into v_granted, v_remaining from campaign.stock_shards where stock_id = v_stock;
    delete from campaign.restock_samples
     where activity_id = p_activity and sku = p_sku and batch = p_batch and at <= v_at - interval '10 seconds';
    select * into b from campaign.restock_samples
     where activity_id = p_activity and sku = p_sku and batch = p_batch order by at limit 1;
    insert into campaign.restock_samples values (p_activity, p_sku, p_batch, v_at, v_granted);
    v_went := coalesce(v_granted - b.granted, 0);
    v_ms := coalesce(round(extract(epoch from v_at - b.at) * 1000), 0);
    v_units := case when campaign.switched_on('restock_unbound') then p.units else least(p.units, p.most - p.ordered) end;
    v_gone_ms := case when v_remaining <= 0 then 0 when v_went > 0 and v_ms >= 1000 then v_remaining::double precision * v_ms / v_went end;
    if v_units <= 0 or not (coalesce(v_gone_ms <= p.lead_ms, false) or campaign.switched_on('restock_unforecast'))
       or exists (select 1 from campaign.restock_orders where activity_id = p_activity and sku = p_sku and batch = p_batch
                     and (state = 'OPEN' or state = 'REFUSED' and ended_at > now() - p.lead_ms * interval '1 millisecond')) then
        return;
    end if;
    update campaign.restock_plans set ordered = ordered + v_units where activity_id = p_activity and sku = p_sku and batch = p_batch;
    insert into campaign.restock_orders (order_id, campaign_id, activity_id, sku, batch, subject, units, remaining, went, window_ms, lead_ms,
           ordered_at, gone_at, asked, next_at, site)
    select 'RS-' || gen_random_uuid(), c.campaign_id, p_activity, p_sku, p_batch,
           p_activity || '/' || p_sku || '/' || p_batch || ' of ' || campaign.epoch_ms(c.created_at), v_units, v_remaining, v_went, v_ms,
           p.lead_ms, v_at, v_at + v_gone_ms * interval '1 millisecond', p_supplier, now(), p_site
      from campaign.activities a join campaign.campaigns c using (campaign_id) where a.activity_id = p_activity;
end $$;

-- Orders that nobody sees to, leased for three seconds to the node that asks.
create or replace function campaign.lease_orders(p_limit integer)
returns table (order_id text, subject text, units integer, asked text) language sql as $$
    with due as (
        select o.order_id from campaign.restock_orders o where o.state = 'OPEN' and o.next_at <= now() order by o.next_at limit p_limit
           for update skip locked
    )
    update campaign.restock_orders o set next_at = now() + interval '3 seconds' from due where o.order_id = due.order_id
    returning o.order_id, o.subject, o.units, o.asked;
$$;

-- Noted before each call: how many there are with this one. Null: the order is over, or another supplier is asked by now.
create or replace function campaign.ask_supplier(p_order text, p_supplier text) returns integer language sql as $$
    update campaign.restock_orders set calls = calls + 1, next_at = now() + interval '3 seconds'
     where order_id = p_order and state = 'OPEN' and asked = p_supplier returning calls;
$$;

-- It definitely delivers none, and nobody has asked it since. Another one is asked from now on, or, where there is none, the order is over.
create or replace function campaign.refuse_order(p_order text, p_supplier text, p_calls integer, p_other text) returns boolean
language plpgsql as $$
declare
    o campaign.restock_orders%rowtype;
begin
    update campaign.restock_orders
       set refused_by = ltrim(refused_by || ' ' || p_supplier), asked = coalesce(p_other, asked), calls = 0,
           state = case when p_other is null then 'REFUSED' else 'OPEN' end, ended_at = case when p_other is null then clock_timestamp() end
     where order_id = p_order and state = 'OPEN' and asked = p_supplier and calls = p_calls returning * into o;
    if o.state = 'REFUSED' then
        update campaign.restock_plans set ordered = ordered - o.units
         where activity_id = o.activity_id and sku = o.sku and batch = o.batch;
    end if;
    return o.order_id is not null;
end $$;

-- It has delivered: the stock has more, once.
create or replace function campaign.deliver_order(p_order text, p_supplier text, p_site text) returns boolean language plpgsql as $$
declare
    o       campaign.restock_orders%rowtype;
    s       campaign.stock%rowtype;
    v_units integer;
begin
    update campaign.restock_orders set state = 'DELIVERED', ended_at = clock_timestamp()
     where order_id = p_order and state = 'OPEN' and asked = p_supplier returning * into o;
    if not found then
        return false;
    end if;
    v_units := o.units * case when campaign.switched_on('restock_twice') then 2 else 1 end;
    select * into s from campaign.stock where activity_id = o.activity_id and sku = o.sku and batch = o.batch for update;
    perform 1 from campaign.stock_shards where stock_id = s.stock_id order by shard for update;
    update campaign.stock_shards set capacity = capacity + campaign.share(v_units, shard) where stock_id = s.stock_id;
    update campaign.stock set replenished = replenished + v_units where stock_id = s.stock_id;
    insert into campaign.audit (actor, action, target, reason, before, after, site)
    values ('restocking', 'stock.restock', o.activity_id || '/' || o.sku || '/' || o.batch, 'order ' || o.order_id || ' of ' || p_supplier,
            json_build_object('replenished', s.replenished), json_build_object('replenished', s.replenished + v_units), p_site);
    return true;
end $$;
