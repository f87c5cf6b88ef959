create or replace function campaign.on_create_exchanges(p_campaign text, p json) returns void language sql as $$
    insert into campaign.goods (campaign_id, goods_id, points, face_fen)
    select p_campaign, g->>'id', (g->>'points')::bigint, (g->>'face_fen')::bigint from json_array_elements(p->'goods') g;
$$;

create or replace function campaign.told_exchange(o campaign.exchanges) returns text language sql immutable as $$
    select json_build_object('order_id', o.order_id, 'goods_id', o.goods_id, 'points_debited', o.points, 'state', o.state)::text;
$$;

-- The first half: the points are taken and the order stands; its key is under way until it is settled. Only for whoever made it is it
-- fresh: they alone know that the supplier has not been asked yet.
create or replace function campaign.begin_exchange(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_goods text, p_site text,
    out code text, out data text, out fresh boolean, out face_fen bigint
) language plpgsql as $$
declare
    good      campaign.goods%rowtype;
    o         campaign.exchanges%rowtype;
    v_balance bigint;
begin
    fresh := false;
    select r.code, r.data into code, data from campaign.replay(p_key, 'points.exchange', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into good from campaign.goods where campaign_id = p_campaign and goods_id = p_goods;
    if not found then
        code := 'NOT_FOUND';
        return;
    end if;
    code := campaign.closed_to_all(p_campaign);
    select balance into v_balance from campaign.points_accounts where campaign_id = p_campaign and customer_no = p_customer for update;
    if code is null and coalesce(v_balance, 0) < good.points and not campaign.switched_on('points_on_credit') then
        code := 'INSUFFICIENT_POINTS';
    end if;
    if code is not null then
        data := json_build_object('order_id', 'EX-' || p_key, 'goods_id', p_goods, 'points_debited', 0, 'state', 'REJECTED');
        perform campaign.remember(p_key, 'points.exchange', p_customer, p_hash, p_campaign, code, data, p_site);
        return;
    end if;
    perform campaign.enter_points('PD-' || p_key, p_campaign, p_customer, -good.points, 'debit', 'EX-' || p_key, p_key, p_site);
    insert into campaign.exchanges (order_id, idempotency_key, campaign_id, customer_no, goods_id, points, face_fen, next_at, site)
    values ('EX-' || p_key, p_key, p_campaign, p_customer, p_goods, good.points, good.face_fen, now() + interval '5 seconds', p_site)
    returning * into o;
    perform campaign.remember(p_key, 'points.exchange', p_customer, p_hash, p_campaign, 'IDEMPOTENCY_IN_PROGRESS', 'null', p_site);
    code := 'OK';
    data := campaign.told_exchange(o);
    fresh := true;
    face_fen := good.face_fen;
end $$;

-- The second half, whoever comes first with it: delivered, or the points are given back.
create or replace function campaign.settle_exchange(p_order text, p_state text, p_site text, out code text, out data text)
language plpgsql as $$
declare
    o campaign.exchanges%rowtype;
begin
    select * into o from campaign.exchanges where order_id = p_order for update;
    if o.state = 'PENDING' then
        update campaign.exchanges set state = p_state, settled_at = now() where order_id = p_order returning * into o;
        if p_state = 'REFUNDED' then
            perform campaign.enter_points('PR-' || o.idempotency_key || n, o.campaign_id, o.customer_no, o.points, 'refund', p_order,
                        o.idempotency_key, p_site)
               from unnest(case when campaign.switched_on('refund_twice') then array['', '+'] else array[''] end) n;
        end if;
        update campaign.idempotency i set code = 'OK', data = campaign.told_exchange(o), at = now(), site = p_site
         where i.idempotency_key = o.idempotency_key;
    end if;
    code := 'OK';
    data := campaign.told_exchange(o);
end $$;

-- Orders that nobody sees to any more, leased for five seconds to the node that asks.
create or replace function campaign.lease_exchanges(p_limit integer)
returns table (order_id text, customer_no text, face_fen bigint) language sql as $$
    with due as (
        select x.order_id from campaign.exchanges x where x.state = 'PENDING' and x.next_at <= now()
         order by x.next_at limit p_limit for update skip locked
    )
    update campaign.exchanges x set next_at = now() + interval '5 seconds' from due where x.order_id = due.order_id
    returning x.order_id, x.customer_no, x.face_fen;
$$;
