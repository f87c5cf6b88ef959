create or replace function campaign.on_create_low_carbon(p_campaign text, p json) returns void language sql as $$
    insert into campaign.carbon_rules (campaign_id, points, per_day)
    select p_campaign, (p->'carbon'->>'points')::integer, (p->'carbon'->>'per_day')::integer;
$$;

-- The devices of one customer queue at the row of their day.
create or replace function campaign.earn_carbon(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_payment text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    rule    campaign.carbon_rules%rowtype;
    v_deeds integer;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'carbon.earn', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed(p_campaign);
    if code in ('CAMPAIGN_PAUSED', 'NOT_FOUND') then
        return;
    end if;
    select * into rule from campaign.carbon_rules where campaign_id = p_campaign;
    if code is null then
        insert into campaign.carbon_days values (p_campaign, p_customer, campaign.today()) on conflict do nothing;
        select deeds into v_deeds from campaign.carbon_days
         where campaign_id = p_campaign and customer_no = p_customer and day = campaign.today() for update;
        code := case
            when exists (select 1 from campaign.carbon_points where campaign_id = p_campaign and payment = p_payment) then 'ALREADY_GREEN'
            when v_deeds >= rule.per_day and not campaign.switched_on('carbon_without_cap') then 'CARBON_CAP_REACHED' else 'OK' end;
    end if;
    if code = 'OK' then
        insert into campaign.carbon_points (deed_id, idempotency_key, campaign_id, customer_no, payment, points, site)
        values ('LC-' || p_key, p_key, p_campaign, p_customer, p_payment, rule.points, p_site);
        update campaign.carbon_days set deeds = deeds + 1 where campaign_id = p_campaign and customer_no = p_customer and day = campaign.today();
    end if;
    data := json_build_object('deed_id', 'LC-' || p_key, 'points', case code when 'OK' then rule.points else 0 end,
        'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'carbon.earn', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;
