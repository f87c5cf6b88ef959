-- The switch of a new campaign, if its plan arms one.
create or replace function campaign.on_create_kill_switch(p_campaign text, p json) returns void language sql as $$
    insert into campaign.kill_switches (campaign_id, policy, state)
    select p_campaign, p->'kill_switch', '{}' where (p->'kill_switch'->>'armed')::boolean;
$$;

-- What keeps a campaign paused that an operator by himself wants to go on.
create or replace function campaign.keeps_paused_kill_switch(p_campaign text) returns text language sql stable as $$
    select 'KILL_SWITCH_TRIPPED' from campaign.kill_switches where campaign_id = p_campaign and (state->>'tripped')::boolean;
$$;

-- All that a look at the signals needs: the clock, the armed switches of the campaigns that are open or that they have paused, each with its campaign's complaints and how much of its stock is
-- overdrawn, and what was told in the last seconds: in a second more than the longest window of any signal.
create or replace function campaign.kill_switch_view() returns text language sql stable as $$
    with horizon as materialized (
        select since, campaign.epoch_ms(since) as since_ms from (
            select now() - (max((part.value->>'window_s')::float) + 1) * interval '1 second' as since
              from campaign.kill_switches, json_each(policy) part) h
    )
    select json_build_object(
        'now_ms', campaign.epoch_ms(clock_timestamp()),
        'switches', (select json_agg(json_build_object('campaign_id', k.campaign_id, 'policy', policy, 'state', k.state, 'version', version,
                'complaints', (select coalesce(json_agg(t), '[]') from (
                    select max(campaign.epoch_ms(at)) as at_ms, count(*) as bad from campaign.tickets
                     where campaign_id = k.campaign_id and category = 'complaint' and at > since
                     group by campaign.epoch_ms(at) / 100) t),
                'overdrawn', (select count(*) from campaign.activities a join campaign.stock using (activity_id)
                    join campaign.stock_shards using (stock_id) where a.campaign_id = k.campaign_id and granted > capacity)))
            from campaign.kill_switches k join campaign.campaigns c using (campaign_id)
           where now() < c.end_at and (c.state = 'OPEN' or (k.state->>'tripped')::boolean)),
        'told', (select coalesce(json_agg(t), '[]') from (
            select signal, max(at_ms) as at_ms, sum(total) as total, sum(bad) as bad from campaign.signals
             where at_ms > since_ms group by signal, at_ms / 100) t),
        'heard', (select coalesce(json_object_agg(signal, campaign.epoch_ms(at)), '{}') from campaign.feeds_heard))::text
      from horizon;
$$;

-- A feed was heard and told this: rows of time, source, all, bad. It may tell a thing again, and more of it. What is long over is forgotten.
create or replace function campaign.hear(p_signal text, p_at_ms bigint[], p_source text[], p_total integer[], p_bad integer[]) returns void
language sql as $$
    delete from campaign.signals where signal = p_signal and at_ms < campaign.epoch_ms(now()) - 600000;
    insert into campaign.signals as s select p_signal, t.at_ms, t.source, max(t.total), max(t.bad)
      from unnest(p_at_ms, p_source, p_total, p_bad) as t (at_ms, source, total, bad) group by t.at_ms, t.source order by 2, 3
        on conflict (signal, at_ms, source) do update set total = excluded.total, bad = excluded.bad where excluded.total > s.total;
    insert into campaign.feeds_heard values (p_signal, now()) on conflict (signal) do update set at = excluded.at;
$$;

-- What a campaign is once its switch lets it go on: paused, where an operator has wanted that since the switch's own pause.
create or replace function campaign.state_after_trip(p_campaign text) returns text language sql stable as $$
    select case action when 'campaign.pause' then 'PAUSED' else 'OPEN' end from campaign.audit
     where target = p_campaign and action in ('campaign.pause', 'kill-switch.tripped') order by audit_id desc limit 1;
$$;

-- Turns the switch to a state that was thought out from its version; false where another has turned it meanwhile. A trip waits for the
-- grants under way, as every pause does, and its time is the one from which on there are none. What is not open, a draft or what an operator
-- has paused, is not its to pause, nor later to open; and where an operator has paused it since, that pause outlasts the switch's.
create or replace function campaign.turn_kill_switch(p_campaign text, p_version bigint, p_state json, p_changes json, p_node text, p_site text)
returns boolean language plpgsql as $$
declare
    c record;
begin
    perform pg_advisory_xact_lock(hashtextextended(p_campaign, 2))
       from json_array_elements(p_changes) e where e->>'kind' in ('tripped', 'resumed');
    perform from json_array_elements(p_changes) e, campaign.campaigns
      where e->>'kind' = 'tripped' and campaign_id = p_campaign and state <> 'OPEN';
    if found then
        return false;
    end if;
    update campaign.kill_switches set state = p_state, version = version + 1 where campaign_id = p_campaign and version = p_version;
    if not found then
        return false;
    end if;
    -- Whoever listens asks for what came after the last number: so numbers are committed in their order, whichever campaign they are of.
    perform pg_advisory_xact_lock(hashtextextended('kill-switch-changes', 7));
    for c in select * from json_to_recordset(p_changes) as e (kind text, about text, detail text, actor text) loop
        insert into campaign.kill_switch_changes (campaign_id, trip, at, kind, about, detail, node)
        values (p_campaign, (p_state->>'trips')::integer, clock_timestamp(), c.kind, c.about, c.detail, p_node);
        if c.kind in ('tripped', 'resumed') then
            perform campaign.set_state(p_campaign, case c.kind when 'tripped' then 'PAUSED' else campaign.state_after_trip(p_campaign) end, c.actor,
                'kill-switch.' || c.kind, c.about || c.detail, p_site);
        else
            insert into campaign.audit (actor, action, target, reason, before, after, site)
            values (c.actor, 'kill-switch.' || c.kind, p_campaign, c.about || ' ' || c.detail, null, p_state, p_site);
        end if;
    end loop;
    return true;
end $$;
