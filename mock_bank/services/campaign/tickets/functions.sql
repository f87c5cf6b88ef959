create or replace function campaign.on_create_tickets(p_campaign text, p json) returns void language sql as $$
    insert into campaign.desks (campaign_id, agents, handle_ms)
    select p_campaign, d.agents, d.handle_ms from json_to_record(p->'desk') as d (agents integer, handle_ms integer);
$$;

create or replace function campaign.told_ticket(t campaign.tickets) returns text language sql immutable as $$
    select json_build_object('ticket_id', t.ticket_id, 'category', t.category,
        'state', case when t.answered_at is null then 'OPEN' else 'ANSWERED' end, 'at_ms', campaign.epoch_ms(t.at),
        'answered_at_ms', campaign.epoch_ms(t.answered_at))::text;
$$;

-- Customers may complain whatever the campaign's state.
create or replace function campaign.open_ticket(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_category text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    t campaign.tickets%rowtype;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'ticket.create', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    if not exists (select 1 from campaign.campaigns where campaign_id = p_campaign) then
        code := 'NOT_FOUND';
        return;
    end if;
    insert into campaign.tickets (ticket_id, campaign_id, customer_no, category, idempotency_key, site)
    values ('TK-' || p_key, p_campaign, p_customer, p_category, p_key, p_site) returning * into t;
    code := 'OK';
    data := campaign.told_ticket(t);
    perform campaign.remember(p_key, 'ticket.create', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;

-- Somebody responds to a ticket out of turn.
create or replace function campaign.answer_ticket(
    p_ticket text, p_actor text, p_reason text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    t campaign.tickets%rowtype;
begin
    update campaign.tickets set answered_at = coalesce(answered_at, clock_timestamp()) where ticket_id = p_ticket returning * into t;
    code := case when found then 'OK' else 'NOT_FOUND' end;
    if code = 'OK' then
        insert into campaign.audit (actor, action, target, reason, before, after, site)
        values (p_actor, 'ticket.answer', p_ticket, p_reason, null, campaign.told_ticket(t)::json, p_site);
        data := campaign.told_ticket(t);
    end if;
end $$;

-- A round of the desks: as many people as are free respond to the oldest tickets. One node at a time makes it; a desk is never lost with one.
create or replace function campaign.answer_tickets() returns integer language plpgsql as $$
declare
    d       campaign.desks%rowtype;
    v_now   timestamptz := clock_timestamp();
    v_free  integer;
    v_round integer;
    v_all   integer := 0;
begin
    if campaign.switched_on('desk_asleep') or not pg_try_advisory_xact_lock(hashtextextended('desks', 5)) then
        return 0;
    end if;
    for d in select k.* from campaign.desks k where exists (
            select 1 from campaign.tickets t where t.campaign_id = k.campaign_id and t.answered_at is null) loop
        select d.agents - count(*) into v_free from campaign.tickets
         where campaign_id = d.campaign_id and answered_at > v_now - d.handle_ms * interval '1 millisecond';
        update campaign.tickets set answered_at = greatest(at, v_now) where ticket_id in (
            select ticket_id from campaign.tickets where campaign_id = d.campaign_id and answered_at is null
             order by at, ticket_id limit greatest(v_free, 0));
        get diagnostics v_round = row_count;
        v_all := v_all + v_round;
    end loop;
    return v_all;
end $$;
