-- As many rows share a stock or a pool as claims can be under way: two nodes with eight connections each.
create or replace function campaign.shards() returns integer language sql immutable parallel safe as 'select 16';

-- How many of a number fall to a shard, so that all of them together make it.
create or replace function campaign.share(p_whole integer, p_shard integer) returns integer language sql immutable parallel safe as $$
    select p_whole / campaign.shards() + (p_shard < p_whole % campaign.shards())::integer;
$$;

create or replace function campaign.phase(c campaign.campaigns, t timestamptz) returns text language sql immutable as $$
    select case when c.state = 'DRAFT' then 'DRAFT' when t >= c.end_at then 'CLOSED' when c.state = 'PAUSED' then 'PAUSED'
                when t < c.start_at then 'WARMUP' else 'RUNNING' end;
$$;

-- The code that keeps a customer out of the campaign now, or null. The shared lock makes a pause wait for the effects under way
-- and keeps later ones out: once the pause is answered, no grant is made. CAMPAIGN_PAUSED and NOT_FOUND are no answers to keep: the
-- same key may try again later. Whom a pause does not keep out comes in as if there were none.
create or replace function campaign.closed(p_campaign text, p_though_paused boolean default false) returns text language plpgsql as $$
declare
    c campaign.campaigns%rowtype;
begin
    perform pg_advisory_xact_lock_shared(hashtextextended(p_campaign, 2));
    select * into c from campaign.campaigns where campaign_id = p_campaign;
    if not found then
        return 'NOT_FOUND';
    end if;
    if p_though_paused and c.state = 'PAUSED' then
        c.state := 'OPEN';
    end if;
    return case campaign.phase(c, now())
        when 'RUNNING' then null when 'CLOSED' then 'ENDED' when 'PAUSED' then
            case when not campaign.switched_on('pauses_one_centre') or current_setting('application_name') like '%-a' then 'CAMPAIGN_PAUSED' end
        else 'NOT_STARTED' end;
end $$;

-- The same of what grants nothing, which a pause does not keep out.
create or replace function campaign.closed_to_all(p_campaign text) returns text language sql as $$
    select campaign.closed(p_campaign, true)
$$;

create or replace function campaign.today() returns date language sql stable as $$
    select (now() at time zone 'Asia/Shanghai')::date;
$$;

-- Takes a campaign and all that came of it away: every table with a campaign_id is emptied of it.
create or replace function campaign.wipe(p_campaign text) returns void language plpgsql as $$
declare
    v_table text;
begin
    delete from campaign.idempotency where scope = p_campaign;
    for v_table in
        select c.oid::regclass from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'campaign_id'
         where c.relnamespace = 'campaign'::regnamespace and c.relkind = 'r'
         order by c.oid = 'campaign.campaigns'::regclass, c.relname
    loop
        execute format('delete from %s where campaign_id = $1', v_table) using p_campaign;
    end loop;
end $$;

-- p is the request's body, checked by the service. A feature has its share in a new campaign by a function of the name
-- on_create_<feature>(campaign id, body).
create or replace function campaign.create_campaign(p json, p_site text) returns text language plpgsql as $$
declare
    v_id    text := p->>'id';
    v_old   json;
    v_share text;
begin
    perform pg_advisory_xact_lock(hashtextextended(v_id, 2));
    select row_to_json(c) into v_old from campaign.campaigns c where campaign_id = v_id;
    if v_old is not null then
        if not (p->>'replace')::boolean then
            return 'ALREADY_EXISTS';
        end if;
        perform campaign.wipe(v_id);
    end if;
    if exists (select 1 from campaign.activities where activity_id in (select a->>'id' from json_array_elements(p->'activities') a)) then
        return 'ALREADY_EXISTS';
    end if;
    insert into campaign.campaigns values (v_id, p->>'name', p->>'state', (p->>'start_at')::timestamptz, (p->>'end_at')::timestamptz,
        p->>'rule_version', (p->>'budget_fen')::bigint, p);
    insert into campaign.activities
    select a->>'id', v_id, (a->>'opens_at')::timestamptz, (a->>'closes_at')::timestamptz, (a->>'per_customer_cap')::integer,
           (a->>'per_batch_cap')::integer, (a->>'per_day_cap')::integer
      from json_array_elements(p->'activities') a;
    for v_share in
        select proname from pg_proc where pronamespace = 'campaign'::regnamespace and starts_with(proname, 'on_create_') order by proname
    loop
        execute format('select campaign.%I($1, $2)', v_share) using v_id, p;
    end loop;
    insert into campaign.audit (actor, action, target, reason, before, after, site)
    values (p->>'actor', 'campaign.create', v_id, p->>'reason', v_old, p, p_site);
    return 'OK';
end $$;

-- Pause waits for the effects under way (they hold the shared lock). A feature keeps a campaign paused by a function of the name
-- keeps_paused_<feature>(campaign id) that gives a code.
create or replace function campaign.set_state(
    p_campaign text, p_state text, p_actor text, p_action text, p_reason text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_old   text;
    v_keeps text;
begin
    perform pg_advisory_xact_lock(hashtextextended(p_campaign, 2));
    select state into v_old from campaign.campaigns where campaign_id = p_campaign;
    if v_old is null then
        code := 'NOT_FOUND';
        return;
    end if;
    for v_keeps in
        select proname from pg_proc where pronamespace = 'campaign'::regnamespace and starts_with(proname, 'keeps_paused_') order by proname
    loop
        exit when p_state = 'PAUSED';
        execute format('select campaign.%I($1)', v_keeps) into code using p_campaign;
        if code is not null then
            return;
        end if;
    end loop;
    update campaign.campaigns set state = p_state where campaign_id = p_campaign;
    insert into campaign.audit (actor, action, target, reason, before, after, site)
    values (p_actor, p_action, p_campaign, p_reason, json_build_object('state', v_old), json_build_object('state', p_state), p_site);
    code := 'OK';
    select json_build_object('campaign_id', p_campaign, 'status', campaign.phase(c, now())) into data
      from campaign.campaigns c where campaign_id = p_campaign;
end $$;

-- All that the cheap reads of campaigns need, in one document.
create or replace function campaign.snapshot() returns text language sql stable as $$
    select json_build_object('campaigns', coalesce(json_agg(json_build_object(
        'id', c.campaign_id, 'name', c.name, 'state', c.state, 'start_at_ms', campaign.epoch_ms(c.start_at),
        'end_at_ms', campaign.epoch_ms(c.end_at), 'rule_version', c.rule_version, 'parts', c.plan,
        'activities', (select coalesce(json_agg(json_build_object('id', a.activity_id, 'opens_at_ms', campaign.epoch_ms(a.opens_at),
                'closes_at_ms', campaign.epoch_ms(a.closes_at)) order by a.activity_id), '[]')
            from campaign.activities a where a.campaign_id = c.campaign_id)) order by c.start_at desc, c.campaign_id), '[]'))::text
      from campaign.campaigns c where c.end_at > now() - interval '1 day';
$$;
