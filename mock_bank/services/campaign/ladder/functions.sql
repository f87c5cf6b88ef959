-- A rung opens when the one below it is done; the devices of one customer queue, so that none of them jumps.
create or replace function campaign.climb(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_rung integer, p_payment text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_done integer;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'task.complete', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed(p_campaign);
    if code in ('CAMPAIGN_PAUSED', 'NOT_FOUND') then
        return;
    end if;
    if code is null then
        perform pg_advisory_xact_lock(hashtextextended('ladder ' || p_campaign || ' ' || p_customer, 3));
        select coalesce(max(rung), 0) into v_done from campaign.ladder_steps where campaign_id = p_campaign and customer_no = p_customer;
        code := case when p_rung <= v_done then 'ALREADY_DONE'
                     when p_rung > v_done + 1 and not campaign.switched_on('rungs_unlocked') then 'LOCKED' else 'OK' end;
    end if;
    if code = 'OK' then
        insert into campaign.ladder_steps (step_id, idempotency_key, campaign_id, customer_no, rung, payment_id, site)
        values ('TL-' || p_key, p_key, p_campaign, p_customer, p_rung, p_payment, p_site) on conflict (campaign_id, payment_id) do nothing;
        code := case when found then 'OK' else 'ALREADY_USED' end;
    end if;
    if code = 'OK' then
        perform campaign.give_redpacket('LP-' || p_key, p_campaign, p_customer, campaign.today(), p_site);
    end if;
    data := json_build_object('step_id', 'TL-' || p_key, 'rung', p_rung, 'redpacket_id', case code when 'OK' then 'LP-' || p_key end,
        'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'task.complete', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;
