-- Whether this redemption would be made now, so that its supplier is asked for nothing else. campaign.redeem() decides.
create or replace function campaign.redeemable(p_key text, p_customer text, p_coupon text, p_amount bigint) returns boolean
language sql stable as $$
    select exists (select 1 from campaign.grants where claim_id = 'CL-' || substr(p_coupon, 4) and customer_no = p_customer
                      and p_coupon like 'CP-%' and amount_fen = p_amount)
       and not exists (select 1 from campaign.redemptions where coupon_code = p_coupon)
       and not exists (select 1 from campaign.idempotency where idempotency_key = p_key);
$$;

create or replace function campaign.redeem(
    p_key text, p_hash bytea, p_customer text, p_coupon text, p_order text, p_amount bigint, p_site text, out code text, out data text
) language plpgsql as $$
declare
    g campaign.grants%rowtype;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'coupon.redeem', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into g from campaign.grants where claim_id = 'CL-' || substr(p_coupon, 4) and customer_no = p_customer
       and p_coupon like 'CP-%';
    if not found then
        code := 'NOT_FOUND';
        return;
    end if;
    code := 'AMOUNT_MISMATCH';
    if p_amount = g.amount_fen then
        insert into campaign.redemptions values (p_coupon, 'RD-' || p_key, p_key, g.campaign_id, p_customer, p_order, p_amount, now(), p_site)
        on conflict (coupon_code) do nothing;
        code := case when found then 'OK' else 'ALREADY_REDEEMED' end;
    end if;
    if code = 'OK' and p_amount > 0 then
        perform campaign.owe('RD-' || p_key, g.campaign_id, p_customer, 'coupon', p_amount, p_site);
    end if;
    data := json_build_object('redemption_id', 'RD-' || p_key, 'coupon_code', p_coupon,
        'state', case code when 'OK' then 'REDEEMED' else 'REJECTED' end, 'amount_fen', p_amount, 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'coupon.redeem', p_customer, p_hash, g.campaign_id, code, data, p_site);
end $$;
