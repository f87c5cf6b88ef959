-- `p_tier` is whose right is asked for, `p_is` what the customer is, by the bank's word.
create or replace function campaign.claim_right(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_tier text, p_is text, p_site text, out code text, out data text
) language plpgsql as $$
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'right.' || p_tier, p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed(p_campaign);
    if code in ('CAMPAIGN_PAUSED', 'NOT_FOUND') then
        return;
    end if;
    if code is null and p_is <> p_tier and not campaign.switched_on('rights_for_all') then
        code := 'NOT_ENTITLED';
    end if;
    if code is null then
        insert into campaign.tier_rights (right_id, idempotency_key, campaign_id, customer_no, tier, site)
        values ('TR-' || p_key, p_key, p_campaign, p_customer, p_tier, p_site) on conflict (campaign_id, customer_no, tier) do nothing;
        code := case when found then 'OK' else 'ALREADY_CLAIMED' end;
    end if;
    data := json_build_object('right_id', 'TR-' || p_key, 'tier', p_tier, 'state', case code when 'OK' then 'GRANTED' else 'REJECTED' end,
        'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'right.' || p_tier, p_customer, p_hash, p_campaign, code, data, p_site);
end $$;
