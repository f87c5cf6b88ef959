-- Hours with greater numbers are gold customers' alone.
create or replace function campaign.vip_from() returns integer language sql immutable as $$
    select 100000;
$$;

create or replace function campaign.on_create_advisers(p_campaign text, p json) returns void language sql as $$
    insert into campaign.adviser_slots (campaign_id, slot)
    select p_campaign, generate_series(1, (p->'advisers'->>'slots')::integer) union all
    select p_campaign, campaign.vip_from() + generate_series(1, (p->'advisers'->>'vip_slots')::integer);
$$;

-- Those who want the same hour queue at its row: one has it, the others are told that it is taken.
create or replace function campaign.book_adviser(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_slot integer, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_op text := case when p_slot > campaign.vip_from() then 'adviser.book-vip' else 'adviser.book' end;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, v_op, p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed_to_all(p_campaign);
    if code = 'NOT_FOUND' then
        return;
    end if;
    if code is null then
        code := campaign.take_slot(p_key, p_customer, p_campaign, p_slot, p_site);
    end if;
    if code = 'NOT_FOUND' then
        return;
    end if;
    data := json_build_object('booking_id', 'AB-' || p_key, 'slot', p_slot, 'state', case code when 'OK' then 'BOOKED' else 'REJECTED' end,
        'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, v_op, p_customer, p_hash, p_campaign, code, data, p_site);
end $$;

create or replace function campaign.take_slot(
    p_key text, p_customer text, p_campaign text, p_slot integer, p_site text
) returns text language plpgsql as $$
declare
    v_taken boolean;
begin
    select taken into v_taken from campaign.adviser_slots where campaign_id = p_campaign and slot = p_slot for update;
    if v_taken is null then
        return 'NOT_FOUND';
    end if;
    if v_taken and not campaign.switched_on('slot_taken_twice') then
        return 'SLOT_TAKEN';
    end if;
    insert into campaign.bookings (booking_id, idempotency_key, campaign_id, customer_no, slot, site)
    values ('AB-' || p_key, p_key, p_campaign, p_customer, p_slot, p_site) on conflict (campaign_id, customer_no) do nothing;
    if not found then
        return 'ALREADY_BOOKED';
    end if;
    update campaign.adviser_slots set taken = true where campaign_id = p_campaign and slot = p_slot;
    return 'OK';
end $$;

create or replace function campaign.book_vip_hour(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_slot integer, p_tier text, p_site text, out code text, out data text
) language plpgsql as $$
begin
    if p_tier <> 'gold' and not campaign.switched_on('vip_hours_for_all') then
        code := 'NOT_ENTITLED';
        return;
    end if;
    select b.code, b.data into code, data from campaign.book_adviser(p_key, p_hash, p_customer, p_campaign, p_slot, p_site) b;
end $$;
