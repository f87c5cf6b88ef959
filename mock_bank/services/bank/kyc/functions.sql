-- Verifies a customer's identity, once: by the number that stands with the bank, where one does, and that nobody else has.
create or replace function bank.verify_identity(
    p_key text, p_hash bytea, p_customer text, p_id_no text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_known text;
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'kyc.submit', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select id_no into v_known from bank.customers where customer_no = p_customer;
    code := case when v_known is null then 'NOT_FOUND' when v_known not in ('', p_id_no) then 'IDENTITY_MISMATCH' end;
    if code is null then
        insert into bank.kyc values (p_customer, 'KY-' || p_key, p_key, p_id_no, now(), p_site) on conflict do nothing;
        code := case when found then 'OK'
            when exists (select 1 from bank.kyc where customer_no = p_customer) then 'ALREADY_VERIFIED' else 'IDENTITY_TAKEN' end;
    end if;
    data := json_build_object('kyc_id', 'KY-' || p_key, 'state', case code when 'OK' then 'VERIFIED' else 'REJECTED' end,
        'at_ms', bank.epoch_ms(now()));
    perform bank.remember(p_key, 'kyc.submit', p_customer, p_hash, '', code, data, p_site);
end $$;
