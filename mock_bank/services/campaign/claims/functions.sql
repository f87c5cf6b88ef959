-- Why this customer may not claim, or null. Devices of one customer queue here.
create or replace function campaign.cap_reached(a campaign.activities, p_customer text, p_batch text) returns text
language plpgsql as $$
declare
    held integer; held_batch integer; held_day integer;
begin
    perform pg_advisory_xact_lock(hashtextextended(a.activity_id || ' ' || p_customer, 3));
    select count(*), count(*) filter (where batch = p_batch), count(*) filter (where day = campaign.today())
      into held, held_batch, held_day
      from campaign.grants where customer_no = p_customer and activity_id = a.activity_id;
    return case
        when held >= a.per_customer_cap then case a.per_customer_cap when 1 then 'ALREADY_CLAIMED' else 'LIMIT_REACHED' end
        when held_batch >= a.per_batch_cap then case a.per_batch_cap when 1 then 'ALREADY_CLAIMED' else 'LIMIT_REACHED' end
        when held_day >= a.per_day_cap then 'LIMIT_REACHED' end;
end $$;

-- A coupon that another feature grants; its kind says which.
create or replace function campaign.give_coupon(
    p_key text, p_campaign text, p_kind text, p_activity text, p_sku text, p_customer text, p_amount bigint, p_site text
) returns void language sql as $$
    insert into campaign.grants (claim_id, idempotency_key, campaign_id, activity_id, sku, batch, customer_no, day, amount_fen, device,
           site, kind, rules)
    values ('CL-' || p_key, p_key, p_campaign, p_activity, p_sku, '', p_customer, campaign.today(), p_amount, '', p_site, p_kind,
        campaign.granted_under(p_campaign));
$$;

create or replace function campaign.claim(
    p_key text, p_hash bytea, p_customer text, p_activity text, p_sku text, p_batch text, p_device text, p_site text,
    out code text, out data text
) language plpgsql as $$
declare
    a campaign.activities%rowtype;
    s campaign.stock%rowtype;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'claim.submit', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into a from campaign.activities where activity_id = p_activity;
    select * into s from campaign.stock where activity_id = p_activity and sku = p_sku and batch = p_batch;
    if s.stock_id is null then
        code := 'NOT_FOUND';
        return;
    end if;
    code := campaign.closed(a.campaign_id);
    if code = 'CAMPAIGN_PAUSED' then
        return;                                 -- not an answer to keep: the same key may try again later
    end if;
    code := coalesce(code, case when now() < a.opens_at then 'NOT_STARTED' when now() >= a.closes_at then 'ENDED' end,
        case when campaign.switched_on('always_sold_out') then 'SOLD_OUT' end, campaign.cap_reached(a, p_customer, p_batch));
    if code is null then
        code := case when campaign.take_one(s.stock_id) then 'OK' else 'SOLD_OUT' end;
    end if;
    if code = 'OK' then
        insert into campaign.grants values ('CL-' || p_key, p_key, a.campaign_id, p_activity, p_sku, p_batch, p_customer,
            campaign.today(), s.face_fen, p_device, now(), p_site, 'claim', campaign.granted_under(a.campaign_id));
        data := json_build_object('claim_id', 'CL-' || p_key, 'state', 'GRANTED', 'reason', null, 'coupon_code', 'CP-' || p_key,
            'sku', p_sku, 'batch_id', p_batch, 'amount_fen', s.face_fen, 'at_ms', campaign.epoch_ms(now()));
    else
        data := json_build_object('claim_id', 'CL-' || p_key, 'state', case code when 'SOLD_OUT' then code else 'REJECTED' end,
            'reason', code, 'coupon_code', null, 'sku', p_sku, 'batch_id', p_batch, 'amount_fen', 0, 'at_ms', campaign.epoch_ms(now()));
    end if;
    perform campaign.remember(p_key, 'claim.submit', p_customer, p_hash, a.campaign_id, code, data, p_site);
end $$;
