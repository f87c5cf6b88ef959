-- A coupon for a customer's first card. Devices of one customer queue here, and so do all who show one card.
create or replace function campaign.first_bind(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_card text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_fen bigint;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'bind.coupon', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed(p_campaign);
    if code in ('CAMPAIGN_PAUSED', 'NOT_FOUND') then
        return;
    end if;
    select (plan->'first_bind'->>'face_fen')::bigint into v_fen from campaign.campaigns where campaign_id = p_campaign;
    perform pg_advisory_xact_lock(l) from (
        select hashtextextended(p_campaign || ' bind ' || who, 6) as l from unnest(array[p_customer, p_card]) who order by 1) locks;
    code := coalesce(code, case when not campaign.switched_on('discount_for_every_card') and exists (
            select 1 from campaign.first_binds where campaign_id = p_campaign and (customer_no = p_customer or card_token = p_card))
        then 'ALREADY_CLAIMED' end);
    code := coalesce(code, case when campaign.spend(p_campaign, 'first-bind', v_fen) then 'OK' else 'BUDGET_SPENT' end);
    if code = 'OK' then
        insert into campaign.first_binds values ('FB-' || p_key, p_campaign, p_customer, p_card, v_fen, p_key, now(), p_site);
        perform campaign.give_coupon(p_key, p_campaign, 'first-bind', 'bind:' || p_campaign, 'first-bind', p_customer, v_fen, p_site);
    end if;
    data := json_build_object('bind_id', 'FB-' || p_key, 'state', case code when 'OK' then 'GRANTED' else 'REJECTED' end,
        'amount_fen', case code when 'OK' then v_fen else 0 end, 'coupon_code', case code when 'OK' then 'CP-' || p_key end,
        'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'bind.coupon', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;
