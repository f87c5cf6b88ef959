create or replace function campaign.on_create_hotline(p_campaign text, p json) returns void language sql as $$
    insert into campaign.lines (campaign_id, line, agents, call_ms)
    select p_campaign, l.line, (p->'lines'->>l.line)::integer, (p->'lines'->>'call_ms')::integer from (values ('hotline'), ('video')) l (line);
$$;

create or replace function campaign.told_call(c campaign.conversations) returns text language sql stable as $$
    select json_build_object('call_id', c.call_id, 'line', c.line,
        'state', case when c.answered_at is null then 'WAITING' else 'ANSWERED' end,
        'ahead', (select count(*) from campaign.conversations o where c.answered_at is null and o.campaign_id = c.campaign_id
                     and o.line = c.line and o.answered_at is null and (o.at, o.call_id) < (c.at, c.call_id)),
        'at_ms', campaign.epoch_ms(c.at), 'answered_at_ms', campaign.epoch_ms(c.answered_at))::text;
$$;

-- Customers may call whatever the campaign's state.
create or replace function campaign.wait_in_line(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_line text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    c campaign.conversations%rowtype;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'call.request', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    if not exists (select 1 from campaign.campaigns where campaign_id = p_campaign) then
        code := 'NOT_FOUND';
        return;
    end if;
    insert into campaign.conversations (call_id, campaign_id, customer_no, line, idempotency_key, site)
    values ('CA-' || p_key, p_campaign, p_customer, p_line, p_key, p_site) returning * into c;
    code := 'OK';
    data := campaign.told_call(c);
    perform campaign.remember(p_key, 'call.request', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;

-- A round of the agents: as many as are free take whoever has waited longest. One node at a time makes it; a line is never lost with one.
create or replace function campaign.take_calls() returns integer language plpgsql as $$
declare
    l       campaign.lines%rowtype;
    v_now   timestamptz := clock_timestamp();
    v_free  integer;
    v_round integer;
    v_all   integer := 0;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('lines', 6)) then
        return 0;
    end if;
    for l in select k.* from campaign.lines k where exists (
            select 1 from campaign.conversations c where c.campaign_id = k.campaign_id and c.line = k.line and c.answered_at is null) loop
        select l.agents - count(*) into v_free from campaign.conversations
         where campaign_id = l.campaign_id and line = l.line and answered_at > v_now - l.call_ms * interval '1 millisecond';
        update campaign.conversations set answered_at = greatest(at, v_now) where call_id in (
            select call_id from campaign.conversations where campaign_id = l.campaign_id and line = l.line and answered_at is null
             order by case when campaign.switched_on('last_caller_first') then -extract(epoch from at) else extract(epoch from at) end, call_id
             limit greatest(v_free, 0));
        get diagnostics v_round = row_count;
        v_all := v_all + v_round;
    end loop;
    return v_all;
end $$;
