-- Whether this redemption would be made now, so that its supplier is asked for nothing else; if so it has begun (now, or AGAIN), and nobody
-- redeems the coupon by hand until its end is known. campaign.redeem() decides. This note's commit does not wait for the standby: lost with
-- the primary in the moment of the call it would only be missed where the supplier is lost in the same moment.
create or replace function campaign.begin_redemption(
    p_key text, p_hash bytea, p_customer text, p_coupon text, p_order text, p_amount bigint
) returns text language plpgsql as $$
begin
    set local synchronous_commit = off;
    perform pg_advisory_xact_lock(hashtextextended(p_coupon, 3));
    if not exists (select 1 from campaign.grants where claim_id = 'CL-' || substr(p_coupon, 4) and customer_no = p_customer
                      and p_coupon like 'CP-%' and amount_fen = p_amount)
       or exists (select 1 from campaign.redemptions where coupon_code = p_coupon)
       or exists (select 1 from campaign.idempotency where idempotency_key = p_key) then
        return 'NO';
    end if;
    insert into campaign.redemptions_begun
    values (p_coupon, p_key, p_hash, p_customer, p_order, p_amount, now() + interval '5 seconds') on conflict (coupon_code) do nothing;
    return case when found then 'BEGUN' else 'AGAIN' end;
end $$;

-- The supplier has said that it did nothing for this key, which it had not been asked for before. False: others may have asked it meanwhile.
create or replace function campaign.give_up_redemption(p_key text, p_coupon text) returns boolean language plpgsql as $$
begin
    set local synchronous_commit = off;
    delete from campaign.redemptions_begun where coupon_code = p_coupon and idempotency_key = p_key and not taken_over;
    return found;
end $$;

-- Redemptions that nobody sees to any more, leased for five seconds to the node that asks.
create or replace function campaign.lease_redemptions(p_limit integer)
returns table (idempotency_key text, body_hash bytea, customer_no text, coupon_code text, order_id text, amount_fen bigint)
language sql as $$
    with due as (
        select b.coupon_code from campaign.redemptions_begun b where b.next_at <= now() order by b.next_at limit p_limit
           for update skip locked
    )
    update campaign.redemptions_begun b set next_at = now() + interval '5 seconds', taken_over = true
      from due where b.coupon_code = due.coupon_code
    returning b.idempotency_key, b.body_hash, b.customer_no, b.coupon_code, b.order_id, b.amount_fen;
$$;

-- By whichever way: once. p_refusal: why this way may not be gone now, if it may not.
create or replace function campaign.enter_redemption(
    p_operation text, p_way text, p_refusal text, p_key text, p_hash bytea, p_customer text, p_coupon text, p_order text, p_amount bigint,
    p_site text, out code text, out data text
) language plpgsql as $$
declare
    g    campaign.grants%rowtype;
    v_id text := case p_way when 'desk' then 'RM-' else 'RD-' end || p_key;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, p_operation, p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into g from campaign.grants where claim_id = 'CL-' || substr(p_coupon, 4) and customer_no = p_customer
       and p_coupon like 'CP-%';
    if not found then
        code := 'NOT_FOUND';
        return;
    end if;
    code := case when p_amount <> g.amount_fen then 'AMOUNT_MISMATCH' else p_refusal end;
    if code is null then
        insert into campaign.redemptions values (p_coupon, v_id, p_key, g.campaign_id, p_customer, p_order, p_amount, now(), p_site, p_way)
        on conflict (coupon_code) do nothing;
        code := case when found then 'OK' else 'ALREADY_REDEEMED' end;
    end if;
    if code = 'OK' and p_amount > 0 then
        perform campaign.owe(v_id, g.campaign_id, p_customer, 'coupon', p_amount, p_site);
    end if;
    if code = 'OK' and p_way = 'desk' then
        insert into campaign.audit (actor, action, target, reason, before, after, site)
        values ('desk', p_operation, p_coupon, 'the supplier cannot be had', json_build_object('state', 'GRANTED'),
                json_build_object('state', 'REDEEMED', 'amount_fen', p_amount), p_site);
    end if;
    if p_way = 'supplier' then
        delete from campaign.redemptions_begun where coupon_code = p_coupon and (idempotency_key = p_key or code = 'OK');
    end if;
    data := json_build_object('redemption_id', v_id, 'coupon_code', p_coupon,
        'pays_by', case when code = 'OK' and p_amount > 0 then campaign.pays_by() end,
        'state', case code when 'OK' then 'REDEEMED' else 'REJECTED' end, 'amount_fen', p_amount, 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, p_operation, p_customer, p_hash, g.campaign_id, code, data, p_site);
end $$;

create or replace function campaign.redeem(
    p_key text, p_hash bytea, p_customer text, p_coupon text, p_order text, p_amount bigint, p_site text, out code text, out data text
) language sql as $$
    select * from campaign.enter_redemption(
        'coupon.redeem', 'supplier', null, p_key, p_hash, p_customer, p_coupon, p_order, p_amount, p_site);
$$;

-- By hand, for a coupon whose supplier cannot be had; not while nobody knows how the other way ended.
create or replace function campaign.redeem_by_hand(
    p_key text, p_hash bytea, p_customer text, p_coupon text, p_order text, p_amount bigint, p_supplier_is_away boolean, p_site text,
    out code text, out data text
) language plpgsql as $$
declare
    v_refusal text;
begin
    perform pg_advisory_xact_lock(hashtextextended(p_coupon, 3));
    v_refusal := case
        when not p_supplier_is_away then 'USE_THE_APP'
        when exists (select 1 from campaign.redemptions where coupon_code = p_coupon) then 'ALREADY_REDEEMED'
        when exists (select 1 from campaign.redemptions_begun where coupon_code = p_coupon)
             and not campaign.switched_on('manual_redeems_again') then 'REDEMPTION_UNDER_WAY' end;
    select r.code, r.data into code, data from campaign.enter_redemption(
        'redeem.manual', 'desk', v_refusal, p_key, p_hash, p_customer, p_coupon, p_order, p_amount, p_site) r;
end $$;
