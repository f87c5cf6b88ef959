-- For a complaint that somebody has responded to. It is given while the campaign is paused too: that is when it is needed.
create or replace function campaign.compensate(
    p_key text, p_hash bytea, p_customer text, p_ticket text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    t     campaign.tickets%rowtype;
    v_fen bigint;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'compensation.accept', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into t from campaign.tickets where ticket_id = p_ticket and customer_no = p_customer;
    if not found then
        code := 'NOT_FOUND';
        return;
    end if;
    select (plan->'compensation'->>'face_fen')::bigint into v_fen from campaign.campaigns where campaign_id = t.campaign_id;
    perform pg_advisory_xact_lock(hashtextextended(t.campaign_id || ' compensation ' || p_customer, 6));
    code := case when t.category <> 'complaint' or t.answered_at is null then 'NOT_ELIGIBLE'
                 when not campaign.switched_on('compensate_again') and exists (
                     select 1 from campaign.compensations where campaign_id = t.campaign_id and customer_no = p_customer) then 'ALREADY_CLAIMED'
                 when not campaign.spend(t.campaign_id, 'compensation', v_fen) then 'BUDGET_SPENT' else 'OK' end;
    if code = 'OK' then
        insert into campaign.compensations values ('CO-' || p_key, t.campaign_id, p_customer, p_ticket, v_fen, p_key, now(), p_site);
        perform campaign.give_coupon(p_key, t.campaign_id, 'compensation', 'compensation:' || t.campaign_id, 'compensation', p_customer,
            v_fen, p_site);
    end if;
    data := json_build_object('compensation_id', 'CO-' || p_key, 'state', case code when 'OK' then 'GRANTED' else 'REJECTED' end,
        'amount_fen', case code when 'OK' then v_fen else 0 end, 'coupon_code', case code when 'OK' then 'CP-' || p_key end,
        'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'compensation.accept', p_customer, p_hash, t.campaign_id, code, data, p_site);
end $$;
