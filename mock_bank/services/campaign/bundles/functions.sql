create or replace function campaign.on_create_bundles(p_campaign text, p json) returns void language sql as $$
    insert into campaign.bundle_rules (campaign_id, face_fen, coupons)
    select p_campaign, b.face_fen, b.coupons from json_to_record(p->'bundle') as b (face_fen bigint, coupons integer);
$$;

create or replace function campaign.told_bundle(b campaign.bundles) returns text language sql immutable as $$
    select json_build_object('bundle_id', b.bundle_id, 'state', b.state, 'amount_fen', b.amount_fen,
        'coupon_code', case when b.amount_fen > 0 then 'CP-' || b.idempotency_key end)::text;
$$;

-- The order stands; its key is under way until it is settled. Only for whoever made it is it fresh.
create or replace function campaign.begin_bundle(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_monthly bigint, p_site text, out code text, out data text, out fresh boolean
) language plpgsql as $$
declare
    b campaign.bundles%rowtype;
begin
    fresh := false;
    select r.code, r.data into code, data from campaign.replay(p_key, 'bundle.open', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed(p_campaign);
    if code in ('CAMPAIGN_PAUSED', 'NOT_FOUND') then
        return;
    end if;
    if code is null then
        insert into campaign.bundles (bundle_id, idempotency_key, campaign_id, customer_no, monthly_fen, next_at, site)
        values ('BO-' || p_key, p_key, p_campaign, p_customer, p_monthly, now() + interval '5 seconds', p_site)
        on conflict (campaign_id, customer_no) do nothing returning * into b;
        fresh := found;
        code := case when fresh then 'OK' else 'ALREADY_BUNDLED' end;
    end if;
    data := case when fresh then campaign.told_bundle(b)
        else json_build_object('bundle_id', 'BO-' || p_key, 'state', 'REJECTED', 'amount_fen', 0, 'coupon_code', null)::text end;
    perform campaign.remember(p_key, 'bundle.open', p_customer, p_hash, p_campaign, case when fresh then 'IDEMPOTENCY_IN_PROGRESS' else code end,
        case when fresh then 'null' else data end, p_site);
end $$;

-- The answer of a bundle that has come to its end.
create or replace function campaign.settle_bundle(b campaign.bundles, p_site text) returns void language sql as $$
    update campaign.idempotency set code = 'OK', data = campaign.told_bundle(b), at = now(), site = p_site
     where idempotency_key = b.idempotency_key;
$$;

-- The plan stands: the coupon is granted, or there is none left and the plan is to be cancelled. Whoever comes first with it does it.
create or replace function campaign.grant_bundle(p_bundle text, p_site text, out code text, out data text, out state text)
language plpgsql as $$
#variable_conflict use_column
declare
    b     campaign.bundles%rowtype;
    v_fen bigint;
begin
    select * into b from campaign.bundles where bundle_id = p_bundle for update;
    if b.state = 'OPENING' then
        update campaign.bundle_rules set given = given + 1 where campaign_id = b.campaign_id and given < coupons returning face_fen into v_fen;
        if found then
            perform campaign.give_coupon(b.idempotency_key, b.campaign_id, 'bundle', 'bundle:' || b.campaign_id, 'loan-coupon', b.customer_no,
                v_fen, p_site);
        end if;
        update campaign.bundles set amount_fen = coalesce(v_fen, 0), settled_at = case when v_fen is not null then now() end, state = case
            when v_fen is not null then 'COMPLETED' when campaign.switched_on('bundle_not_undone') then 'COMPENSATED' else 'UNDOING' end
         where bundle_id = p_bundle returning * into b;
        if b.state <> 'UNDOING' then
            perform campaign.settle_bundle(b, p_site);
        end if;
    end if;
    code := 'OK';
    data := campaign.told_bundle(b);
    state := b.state;
end $$;

-- The plan is cancelled, or has never been.
create or replace function campaign.undone_bundle(p_bundle text, p_site text, out code text, out data text) language plpgsql as $$
declare
    b campaign.bundles%rowtype;
begin
    update campaign.bundles set state = 'COMPENSATED', amount_fen = 0, settled_at = now() where bundle_id = p_bundle and state in ('OPENING', 'UNDOING');
    select * into b from campaign.bundles where bundle_id = p_bundle;
    perform campaign.settle_bundle(b, p_site);
    code := 'OK';
    data := campaign.told_bundle(b);
end $$;

-- Bundles that nobody sees to any more, leased for five seconds to the node that asks.
create or replace function campaign.lease_bundles(p_limit integer)
returns table (bundle_id text, customer_no text, monthly_fen bigint, state text) language sql as $$
    with due as (
        select b.bundle_id from campaign.bundles b where b.state in ('OPENING', 'UNDOING') and b.next_at <= now()
         order by b.next_at limit p_limit for update skip locked
    )
    update campaign.bundles b set next_at = now() + interval '5 seconds' from due where b.bundle_id = due.bundle_id
    returning b.bundle_id, b.customer_no, b.monthly_fen, b.state;
$$;
