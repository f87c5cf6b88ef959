-- From here on a transfer is let through by an answered challenge alone: 500 yuan.
create or replace function bank.large_fen() returns bigint language sql immutable as $$
    select 50000::bigint;
$$;

-- So long may a challenge wait for its answer.
create or replace function bank.challenge_open() returns interval language sql immutable as $$
    select interval '30 seconds';
$$;

-- And so long is an answer good. A fraction of what banks give: rehearsals are short, and some customers must come too late.
create or replace function bank.answer_good() returns interval language sql immutable as $$
    select interval '3 seconds';
$$;

create or replace function bank.nonce_good() returns interval language sql immutable as $$
    select interval '30 seconds';
$$;

-- The binding's key is the caller's to make; bound again, a telephone keeps its first binding.
create or replace function bank.bind_device(
    p_key text, p_hash bytea, p_customer text, p_device text, p_secret text, p_site text, out code text, out data text
) language plpgsql as $$
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'device.bind', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := 'OK';
    insert into bank.devices (binding_id, idempotency_key, customer_no, device, site) values ('DV-' || p_key, p_key, p_customer, p_device, p_site)
    on conflict (customer_no, device) do nothing;
    if not found then
        code := 'DEVICE_BOUND';
    end if;
    data := json_build_object('binding_id', 'DV-' || p_key, 'device', p_device, 'device_key', case code when 'OK' then p_secret else '' end);
    perform bank.remember(p_key, 'device.bind', p_customer, p_hash, '', code, data, p_site);
end $$;

-- Something to sign, for whoever says that they are this customer on this telephone; it says nothing of whether there is such a one.
create or replace function bank.login_nonce(
    p_key text, p_hash bytea, p_customer text, p_device text, p_site text, out code text, out data text
) language plpgsql as $$
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'login.nonce', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := 'OK';
    insert into bank.login_nonces (nonce_id, idempotency_key, customer_no, device, site) values ('LN-' || p_key, p_key, p_customer, p_device, p_site);
    data := json_build_object('nonce_id', 'LN-' || p_key, 'expires_at_ms', bank.epoch_ms(now() + bank.nonce_good()));
    perform bank.remember(p_key, 'login.nonce', p_customer, p_hash, '', code, data, p_site);
end $$;

-- In by a nonce that a bound telephone has signed: that customer's, still good, and not used before. p_signed: whether the signature is right.
create or replace function bank.biometric_login(
    p_key text, p_hash bytea, p_customer text, p_device text, p_nonce text, p_signed boolean, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_good boolean;
begin
    select now() <= n.at + bank.nonce_good() into v_good
      from bank.login_nonces n join bank.devices d using (customer_no, device)
     where n.nonce_id = p_nonce and n.customer_no = p_customer and n.device = p_device for update of n;
    select r.code, r.data into code, data from bank.replay(p_key, 'session.unlock', p_customer, p_hash) r;
    if code is not null and (code <> 'OK' or v_good) then
        return;
    end if;
    code := case
        when v_good is null or not (p_signed or bank.switched_on('assertions_unchecked')) then 'NOT_PROVEN'
        when not v_good or code = 'OK' then 'NONCE_EXPIRED'  -- an answer that let somebody in is told again no longer than what was signed is good
        when exists (select 1 from bank.biometric_logins where nonce_id = p_nonce) then 'NONCE_USED'
        else 'OK' end;
    if code <> 'OK' then
        data := null;
        return;
    end if;
    insert into bank.biometric_logins (login_id, idempotency_key, nonce_id, customer_no, site) values ('BL-' || p_key, p_key, p_nonce, p_customer, p_site);
    data := json_build_object('login_id', 'BL-' || p_key, 'customer_no', p_customer);
    perform bank.remember(p_key, 'session.unlock', p_customer, p_hash, '', code, data, p_site);
end $$;

-- A customer's answer to a challenge of their own, once. p_signed: whether a telephone that is bound to them has signed it.
create or replace function bank.answer_challenge(
    p_key text, p_hash bytea, p_customer text, p_challenge text, p_device text, p_signed boolean, p_site text, out code text, out data text
) language plpgsql as $$
declare
    asked bank.challenges%rowtype;
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'challenge.answer', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into asked from bank.challenges where challenge_id = p_challenge and customer_no = p_customer for update;
    code := case
        when asked.challenge_id is null then 'NOT_FOUND'
        when not bank.switched_on('assertions_unchecked')
             and not (p_signed and exists (select 1 from bank.devices where customer_no = p_customer and device = p_device)) then 'NOT_PROVEN'
        when now() > asked.at + bank.challenge_open() then 'CHALLENGE_EXPIRED'
        when exists (select 1 from bank.challenge_answers where challenge_id = p_challenge) then 'CHALLENGE_ANSWERED'
        else 'OK' end;
    if code in ('NOT_FOUND', 'NOT_PROVEN') then
        return;
    end if;
    if code = 'OK' then
        insert into bank.challenge_answers (challenge_id, idempotency_key, customer_no, device, site)
        values (p_challenge, p_key, p_customer, p_device, p_site);
    end if;
    data := json_build_object('challenge_id', p_challenge, 'state', case code when 'OK' then 'VERIFIED' else 'REJECTED' end,
        'at_ms', bank.epoch_ms(now()));
    perform bank.remember(p_key, 'challenge.answer', p_customer, p_hash, '', code, data, p_site);
end $$;

-- Whether nobody has proven anything on this telephone yet. Who is enrolled without one has none that would be new.
create or replace function bank.new_device(p_customer text, p_device text) returns boolean language sql stable as $$
    select not exists (select 1 from bank.customers where customer_no = p_customer and device in ('', p_device))
       and not exists (select 1 from bank.devices where customer_no = p_customer and device = p_device and trusted);
$$;

-- Lets a transfer pass that needs no challenge, or by the answered one that it needs: its own, by key, parties and amount, not old, not used.
-- Else `data` tells the challenge that is to be answered. There is no other way past it: what cannot be looked up here is not moved.
create or replace function bank.let_pass(
    p_key text, p_customer text, p_from text, p_to text, p_amount bigint, p_device text, p_site text,
    out passes boolean, out challenge text, out data text
) language plpgsql as $$
declare
    v_new  boolean := bank.new_device(p_customer, p_device) and not bank.switched_on('new_devices_trusted');
    v_at   timestamptz;
begin
    passes := not v_new and (p_amount < bank.large_fen() or bank.switched_on('challenges_skipped'));
    if passes then
        return;
    end if;
    select c.challenge_id into challenge
      from bank.challenges c join bank.challenge_answers a using (challenge_id)
     where c.customer_no = p_customer and (a.at >= now() - bank.answer_good() or bank.switched_on('answers_never_expire'))
       and ((a.used_by is null and (c.transfer_key, c.payer, c.payee, c.amount_fen) = (p_key, p_from, p_to, p_amount))
            or bank.switched_on('answers_used_again'))
     order by a.at desc limit 1 for update of a;
    passes := challenge is not null;
    if passes then
        update bank.challenge_answers set used_by = coalesce(used_by, p_key) where challenge_id = challenge;
        update bank.devices set trusted = true where customer_no = p_customer and device = p_device;
        return;
    end if;
    select c.challenge_id, c.at into challenge, v_at from bank.challenges c
     where (c.customer_no, c.transfer_key, c.payer, c.payee, c.amount_fen) = (p_customer, p_key, p_from, p_to, p_amount)
       and c.at > now() - bank.challenge_open() / 2
       and not exists (select 1 from bank.challenge_answers a where a.challenge_id = c.challenge_id)
     order by c.at desc limit 1;
    if challenge is null then
        challenge := 'CH-' || replace(gen_random_uuid()::text, '-', '');
        v_at := now();
        insert into bank.challenges (challenge_id, transfer_key, customer_no, payer, payee, amount_fen, site)
        values (challenge, p_key, p_customer, p_from, p_to, p_amount, p_site);
    end if;
    data := json_build_object('state', 'CHALLENGED', 'rsp_code', '1A', 'amount_fen', p_amount, 'at_ms', bank.epoch_ms(now()),
        'challenge_id', challenge, 'answer_by_ms', bank.epoch_ms(v_at + bank.challenge_open()));
end $$;
