create or replace function campaign.on_create_points(p_campaign text, p json) returns void language sql as $$
    insert into campaign.points_rules (campaign_id, double_from, double_until)
    select p_campaign, r.double_from, r.double_until
      from json_to_record(p->'points') as r (double_from timestamptz, double_until timestamptz);
$$;

-- An entry and the balance that it makes; null where the entry is there. Its time is taken behind the account's lock: entries of one
-- account follow each other as their times do.
create or replace function campaign.enter_points(
    p_entry text, p_campaign text, p_customer text, p_points bigint, p_kind text, p_ref text, p_key text, p_site text
) returns bigint language plpgsql as $$
declare
    v_balance bigint;
begin
    insert into campaign.points_accounts values (p_campaign, p_customer, 0) on conflict do nothing;
    perform 1 from campaign.points_accounts where campaign_id = p_campaign and customer_no = p_customer for update;
    insert into campaign.points_entries
    values (p_entry, p_campaign, p_customer, p_points, p_kind, p_ref, p_key, clock_timestamp(), p_site) on conflict do nothing;
    if found then
        update campaign.points_accounts set balance = balance + p_points where campaign_id = p_campaign and customer_no = p_customer
        returning balance into v_balance;
    end if;
    return v_balance;
end $$;

-- One point for each whole yuan that was paid, two inside the window; once for each payment.
create or replace function campaign.earn_points(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_payment text, p_amount bigint, p_paid_ms bigint, p_site text,
    out code text, out data text
) language plpgsql as $$
declare
    v_times   integer := 1;
    v_points  bigint;
    v_balance bigint;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'points.earn', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed(p_campaign);
    if code in ('CAMPAIGN_PAUSED', 'NOT_FOUND') then
        return;
    end if;
    if campaign.switched_on('double_points_always') or exists (
            select 1 from campaign.points_rules where campaign_id = p_campaign
               and p_paid_ms >= campaign.epoch_ms(double_from) and p_paid_ms < campaign.epoch_ms(double_until)) then
        v_times := 2;
    end if;
    v_points := p_amount / 100 * v_times;
    if code is null then
        v_balance := campaign.enter_points('PE-' || p_key, p_campaign, p_customer, v_points, 'earn', p_payment, p_key, p_site);
        code := case when v_balance is null then 'ALREADY_EARNED' else 'OK' end;
    end if;
    data := json_build_object('entry_id', 'PE-' || p_key, 'points', case code when 'OK' then v_points else 0 end, 'times', v_times,
        'balance', coalesce(v_balance, 0), 'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'points.earn', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;
