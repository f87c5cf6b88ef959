-- What a customer of a tier is sent.
create or replace function campaign.prize_of(p_tier text) returns text language sql immutable as $$
    select case p_tier when 'gold' then 'gift-box' when 'active' then 'smart-lamp' else 'power-bank' end;
$$;

-- Who asks twice for one right queues at its row; the first address stays.
create or replace function campaign.order_parcel(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_right text, p_address text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    mine    campaign.tier_rights%rowtype;
    v_prize text;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'parcel.order', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed_to_all(p_campaign);
    if code = 'NOT_FOUND' then
        return;
    end if;
    select * into mine from campaign.tier_rights
     where right_id = p_right and campaign_id = p_campaign and (customer_no = p_customer or campaign.switched_on('parcels_for_anybody'))
       for update;
    if not found then
        code := 'NOT_FOUND';
        return;
    end if;
    if code is null and exists (select 1 from campaign.parcels where right_id = p_right)
       and not campaign.switched_on('parcels_again') then
        code := 'PARCEL_ORDERED';
    end if;
    v_prize := campaign.prize_of(case when campaign.switched_on('best_prize_for_all') then 'gold' else mine.tier end);
    if code is null then
        insert into campaign.parcels (parcel_id, idempotency_key, campaign_id, customer_no, right_id, prize, address, site)
        values ('PA-' || p_key, p_key, p_campaign, p_customer, p_right, v_prize, p_address, p_site);
        code := 'OK';
    end if;
    data := json_build_object('parcel_id', 'PA-' || p_key, 'right_id', p_right, 'prize', v_prize,
        'state', case code when 'OK' then 'ORDERED' else 'REJECTED' end, 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'parcel.order', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;
