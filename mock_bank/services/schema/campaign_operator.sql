-- Takes a campaign and all that came of it away: the operator starts it afresh.
create or replace function campaign.wipe(p_campaign text) returns void language sql as $$
    delete from campaign.idempotency where scope = p_campaign;
    delete from campaign.grants where campaign_id = p_campaign;
    delete from campaign.redemptions where campaign_id = p_campaign;
    delete from campaign.checkins where campaign_id = p_campaign;
    delete from campaign.redpackets where campaign_id = p_campaign;
    delete from campaign.outbox where campaign_id = p_campaign;
    delete from campaign.campaigns where campaign_id = p_campaign;
$$;

-- p is the request's body, checked by the service.
create or replace function campaign.create_campaign(p json, p_site text) returns text language plpgsql as $$
declare
    v_id     text := p->>'id';
    packets  integer := (p#>>'{redpacket,packets}')::integer;
    pool     bigint := (p#>>'{redpacket,pool_fen}')::bigint;
    v_old    json;
begin
    perform pg_advisory_xact_lock(hashtextextended(v_id, 2));
    select row_to_json(c) into v_old from campaign.campaigns c where campaign_id = v_id;
    if v_old is not null and not (p->>'replace')::boolean then
        return 'ALREADY_EXISTS';
    end if;
    perform campaign.wipe(v_id);
    if exists (select 1 from campaign.activities where activity_id in (select a->>'id' from json_array_elements(p->'activities') a)) then
        return 'ALREADY_EXISTS';
    end if;
    insert into campaign.campaigns values (v_id, p->>'name', p->>'state', (p->>'start_at')::timestamptz, (p->>'end_at')::timestamptz,
        p->>'rule_version', p->'zone', p->'tasks', (p->>'budget_fen')::bigint, pool, packets, (p#>>'{redpacket,min_fen}')::bigint,
        (p#>>'{redpacket,max_fen}')::bigint);
    insert into campaign.activities
    select a->>'id', v_id, (a->>'opens_at')::timestamptz, (a->>'closes_at')::timestamptz, (a->>'per_customer_cap')::integer,
           (a->>'per_batch_cap')::integer, (a->>'per_day_cap')::integer
      from json_array_elements(p->'activities') a;
    insert into campaign.stock (activity_id, sku, batch, face_fen, initial)
    select a->>'id', s->>'sku', s->>'batch', (s->>'face_fen')::bigint, (s->>'stock')::integer
      from json_array_elements(p->'activities') a, json_array_elements(a->'skus') s;
    insert into campaign.stock_shards (stock_id, shard, capacity)
    select s.stock_id, n, s.initial / campaign.shards() + (n < s.initial % campaign.shards())::integer
      from campaign.stock s join campaign.activities a using (activity_id), generate_series(0, campaign.shards() - 1) n where a.campaign_id = v_id;
    -- Every shard can pay its packets the least amount: floor(pool x share / packets) >= share x min when pool >= packets x min.
    insert into campaign.pool_shards (campaign_id, shard, pool_fen, packets)
    select v_id, n, coalesce(pool * share / nullif(packets, 0), 0), share
      from generate_series(0, campaign.shards() - 1) n, lateral (select packets / campaign.shards() + (n < packets % campaign.shards())::integer as share) split;
    insert into campaign.audit (actor, action, target, reason, before, after, site)
    values (p->>'actor', 'campaign.create', v_id, p->>'reason', v_old, p, p_site);
    return 'OK';
end $$;

-- Pause waits for the effects under way (they hold the shared lock).
create or replace function campaign.set_state(
    p_campaign text, p_state text, p_actor text, p_action text, p_reason text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_old text;
begin
    perform pg_advisory_xact_lock(hashtextextended(p_campaign, 2));
    select state into v_old from campaign.campaigns where campaign_id = p_campaign;
    if v_old is null then
        code := 'NOT_FOUND';
        return;
    end if;
    update campaign.campaigns set state = p_state where campaign_id = p_campaign;
    insert into campaign.audit (actor, action, target, reason, before, after, site)
    values (p_actor, p_action, p_campaign, p_reason, json_build_object('state', v_old), json_build_object('state', p_state), p_site);
    code := 'OK';
    select json_build_object('campaign_id', p_campaign, 'status', campaign.phase(c, now())) into data
      from campaign.campaigns c where campaign_id = p_campaign;
end $$;

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
    update campaign.stock_shards set capacity = capacity + p_quantity / campaign.shards() + (shard < p_quantity % campaign.shards())::integer
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

-- All that the cheap reads need, in one document.
create or replace function campaign.snapshot() returns text language sql stable as $$
    select json_build_object('at_ms', campaign.epoch_ms(clock_timestamp()), 'campaigns', coalesce(json_agg(json_build_object(
        'id', c.campaign_id, 'name', c.name, 'state', c.state, 'start_at_ms', campaign.epoch_ms(c.start_at),
        'end_at_ms', campaign.epoch_ms(c.end_at), 'rule_version', c.rule_version, 'zone', c.zone, 'tasks', c.tasks,
        'activities', (select coalesce(json_agg(json_build_object('id', a.activity_id, 'opens_at_ms', campaign.epoch_ms(a.opens_at),
                'closes_at_ms', campaign.epoch_ms(a.closes_at), 'per_customer_cap', a.per_customer_cap, 'skus',
                (select coalesce(json_agg(json_build_object('sku', s.sku, 'batch_id', s.batch, 'face_fen', s.face_fen,
                    'total', s.initial + s.replenished, 'granted', h.granted, 'remaining', h.capacity - h.granted)
                    order by s.stock_id), '[]')
                   from campaign.stock s, lateral (select sum(granted) as granted, sum(capacity) as capacity
                       from campaign.stock_shards where stock_id = s.stock_id) h
                  where s.activity_id = a.activity_id)) order by a.activity_id), '[]')
            from campaign.activities a where a.campaign_id = c.campaign_id)) order by c.start_at desc, c.campaign_id), '[]'))::text
      from campaign.campaigns c where c.end_at > now() - interval '1 day';
$$;

-- Payouts that are due, leased for five seconds to the node that asks: no two nodes get the same, and a dead node's come back.
create or replace function campaign.lease_payouts(p_limit integer)
returns table (payout_key text, customer_no text, kind text, amount_fen bigint) language sql as $$
    with due as (
        select o.payout_key from campaign.outbox o where o.state = 'PENDING' and o.next_at <= now()
         order by o.next_at limit p_limit for update skip locked
    )
    update campaign.outbox o set attempts = o.attempts + 1, next_at = now() + interval '5 seconds'
      from due where o.payout_key = due.payout_key
    returning o.payout_key, o.customer_no, o.kind, o.amount_fen;
$$;

-- What the bank said. Only PAID and a refusal are final; a null state means that it is to be tried again, later each time.
create or replace function campaign.settle_payouts(p_keys text[], p_states text[], p_error text) returns void language sql as $$
    update campaign.outbox o
       set state = case when r.state is null then 'PENDING' when r.state = 'PAID' then 'PAID' else 'FAILED' end,
           settled_at = case when r.state is not null then now() end,
           error = case when r.state = 'PAID' then null else coalesce(r.state, p_error) end,
           next_at = now() + least(5.0, 0.1 * 2 ^ least(o.attempts, 10)) * (0.5 + random()) * interval '1 second'
      from unnest(p_keys, p_states) as r (payout_key, state)
     where o.payout_key = r.payout_key and o.state = 'PENDING';
$$;
