create or replace function campaign.on_create_rules(p_campaign text, p json) returns void language sql as $$
    insert into campaign.rules (campaign_id, version, from_at, text)
    select p_campaign, 1, '-infinity'::timestamptz, p->'rules'->>'first'
     union all
    select p_campaign, 2, (p->'rules'->>'changes_at')::timestamptz, p->'rules'->>'second' where p->'rules'->>'changes_at' is not null;
$$;

-- The version in force now, by the clock that decides everything else.
create or replace function campaign.rules_version(p_campaign text) returns integer language sql stable as $$
    select max(version) from campaign.rules where campaign_id = p_campaign and from_at <= now();
$$;

-- The version that a grant names.
create or replace function campaign.granted_under(p_campaign text) returns integer language sql stable as $$
    select case when campaign.switched_on('grants_name_first_rules') then 1 else campaign.rules_version(p_campaign) end;
$$;

create or replace function campaign.accept_rules(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_version integer, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_now integer := campaign.rules_version(p_campaign);
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'rules.accept', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := case when v_now is null then 'NOT_FOUND'
        when p_version <> v_now and not campaign.switched_on('old_rules_accepted') then 'RULES_CHANGED' else 'OK' end;
    if code = 'NOT_FOUND' then
        return;
    end if;
    if code = 'OK' then
        insert into campaign.rule_acceptances (acceptance_id, idempotency_key, campaign_id, customer_no, version, site)
        values ('RA-' || p_key, p_key, p_campaign, p_customer, p_version, p_site) on conflict (campaign_id, customer_no, version) do nothing;
        code := case when found then 'OK' else 'ALREADY_ACCEPTED' end;
    end if;
    data := json_build_object('acceptance_id', 'RA-' || p_key, 'version', case code when 'OK' then p_version else v_now end,
        'state', case code when 'OK' then 'ACCEPTED' else 'REJECTED' end, 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'rules.accept', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;
