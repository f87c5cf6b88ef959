-- Who asks again over a weak network queues at their registration.
create or replace function campaign.give_gift(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_registration text;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'gift.claim', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed(p_campaign);
    if code in ('CAMPAIGN_PAUSED', 'NOT_FOUND') then
        return;
    end if;
    if code is null then
        select registration_id into v_registration from campaign.registrations
         where campaign_id = p_campaign and customer_no = p_customer for update;
        code := case
            when v_registration is null then 'NOT_REGISTERED'
            when not campaign.switched_on('gift_again')
             and exists (select 1 from campaign.booth_gifts where campaign_id = p_campaign and customer_no = p_customer) then 'GIFT_GIVEN'
            else 'OK' end;
    end if;
    if code = 'NOT_REGISTERED' then
        return;  -- who registers after this may ask again under the same key
    end if;
    if code = 'OK' then
        insert into campaign.booth_gifts (gift_id, idempotency_key, campaign_id, customer_no, registration_id, site)
        values ('BG-' || p_key, p_key, p_campaign, p_customer, v_registration, p_site);
    end if;
    data := json_build_object('gift_id', 'BG-' || p_key, 'state', case code when 'OK' then 'GIVEN' else 'REJECTED' end,
        'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'gift.claim', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;
