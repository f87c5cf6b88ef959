create or replace function campaign.code_digest(p_code_id text, p_code text) returns bytea language sql immutable as $$
    select sha256(convert_to(p_code_id || ':' || p_code, 'UTF8'));
$$;

-- Why no code would be sent to this customer now; SEND where one would. Null for a key that has its answer.
create or replace function campaign.may_send_code(p_key text, p_customer text, p_campaign text) returns text language plpgsql as $$
declare
    v_closed text := campaign.closed_to_all(p_campaign);
begin
    return case
        when exists (select 1 from campaign.idempotency where idempotency_key = p_key) then null
        when v_closed is not null then v_closed
        when exists (select 1 from campaign.registrations where campaign_id = p_campaign and customer_no = p_customer) then 'REGISTERED'
        when (select count(*) from campaign.sms_codes
               where campaign_id = p_campaign and customer_no = p_customer and expires_at > now()) >= 5 then 'TOO_MANY_CODES'
        else 'SEND' end;
end $$;

-- A code that has been sent is kept, whatever has happened meanwhile: the message cannot be taken back. p_why: may_send_code()'s word.
create or replace function campaign.keep_code(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_code text, p_life_s integer, p_why text, p_site text,
    out code text, out data text
) language plpgsql as $$
declare
    v_expires timestamptz := now() + p_life_s * interval '1 second';
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'register.code', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := case p_why when 'SEND' then 'OK' else p_why end;
    if code is null or code = 'NOT_FOUND' then
        code := coalesce(code, 'IDEMPOTENCY_IN_PROGRESS');  -- null: its answer has just been taken away with its campaign
        return;
    end if;
    if code = 'OK' then
        insert into campaign.sms_codes (code_id, idempotency_key, campaign_id, customer_no, digest, expires_at, site)
        values ('SC-' || p_key, p_key, p_campaign, p_customer, campaign.code_digest('SC-' || p_key, p_code), v_expires, p_site);
    end if;
    data := json_build_object('code_id', 'SC-' || p_key, 'expires_at_ms', case code when 'OK' then campaign.epoch_ms(v_expires) else 0 end);
    perform campaign.remember(p_key, 'register.code', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;

-- Registers by a code of this customer's own that is neither used nor old; what is shown five times in vain is good no more.
create or replace function campaign.register(
    p_key text, p_hash bytea, p_customer text, p_campaign text, p_code text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_code_id text;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'register.submit', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := campaign.closed_to_all(p_campaign);
    if code = 'NOT_FOUND' then
        return;
    end if;
    if code is null and exists (select 1 from campaign.registrations where campaign_id = p_campaign and customer_no = p_customer) then
        code := 'ALREADY_REGISTERED';
    end if;
    if code is null then
        select c.code_id into v_code_id from campaign.sms_codes c
         where c.campaign_id = p_campaign and (c.customer_no = p_customer or campaign.switched_on('code_of_anybody'))
           and c.expires_at > now() and c.wrong < 5 and c.digest = campaign.code_digest(c.code_id, p_code)
           and not exists (select 1 from campaign.registrations r where r.code_id = c.code_id)
         limit 1 for update;
        if v_code_id is null and exists (select 1 from campaign.registrations where campaign_id = p_campaign and customer_no = p_customer) then
            code := 'ALREADY_REGISTERED';  -- by another device, which was waited for
        elsif v_code_id is null then
            update campaign.sms_codes set wrong = wrong + 1 where campaign_id = p_campaign and customer_no = p_customer;
            code := 'WRONG_CODE';
        else
            insert into campaign.registrations values ('RG-' || p_key, p_key, p_campaign, p_customer, v_code_id, now(), p_site)
            on conflict do nothing;
            code := case when found then 'OK' else 'ALREADY_REGISTERED' end;
        end if;
    end if;
    data := json_build_object('registration_id', 'RG-' || p_key, 'state', case code when 'OK' then 'REGISTERED' else 'REJECTED' end,
        'at_ms', campaign.epoch_ms(now()));
    perform campaign.remember(p_key, 'register.submit', p_customer, p_hash, p_campaign, code, data, p_site);
end $$;
