-- A customer is owed to the first link that they came by, for as long as the campaign is: before its bell, and while it is paused.
create or replace function campaign.attribute(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_channel text, p_link text, p_site text, out code text, out data text
) language plpgsql as $$
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'landing.attribute', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed_to_all(p_campaign);
    if code = 'NOT_FOUND' then
        return;
    end if;
    if code is distinct from 'ENDED' then
        code := campaign.keep_source(p_key, p_customer, p_campaign, p_channel, p_link, p_site);
    end if;
    data := json_build_object('attribution_id', 'AT-' || p_key, 'source', p_channel || '/' || p_link, 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'landing.attribute', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;

create or replace function campaign.keep_source(
    p_key text, p_customer text, p_campaign text, p_channel text, p_link text, p_site text
) returns text language plpgsql as $$
begin
    insert into campaign.attributions (attribution_id, idempotency_key, campaign_id, customer_no, channel, link, site)
    values ('AT-' || p_key, p_key, p_campaign, p_customer, p_channel, p_link, p_site) on conflict (campaign_id, customer_no) do nothing;
    if not found then
        update campaign.attributions set channel = p_channel, link = p_link
         where campaign_id = p_campaign and customer_no = p_customer and campaign.switched_on('last_link_wins');
        return 'ALREADY_ATTRIBUTED';
    end if;
    insert into campaign.sources as s (campaign_id, channel, link, slot, customers)
    values (p_campaign, p_channel, p_link, abs(hashtext(p_customer) % 8), case when campaign.switched_on('source_counts_twice') then 2 else 1 end)
    on conflict (campaign_id, channel, link, slot) do update set customers = s.customers + excluded.customers;
    return 'OK';
end $$;
