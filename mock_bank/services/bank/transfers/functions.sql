create or replace function bank.transfer(
    p_key text, p_hash bytea, p_customer text, p_from text, p_to text, p_amount bigint, p_purpose text, p_device text,
    p_operation text, p_site text,
    out code text, out data text
) language plpgsql as $$
declare
    payer bank.accounts%rowtype;
    payee bank.accounts%rowtype;
    rsp   text := '00';
    v_let boolean;
    v_by  text := '';
    v_ask text;
begin
    select r.code, r.data into code, data from bank.replay(p_key, p_operation, p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    perform 1 from bank.accounts where account_id in (p_from, p_to) order by account_id for update;
    select * into payer from bank.accounts where account_id = p_from and customer_no = p_customer;
    select * into payee from bank.accounts where account_id = p_to and customer_no is not null;
    code := 'OK';
    if payer.account_id is null or payee.account_id is null or p_from = p_to then
        code := 'ACCOUNT_NOT_FOUND'; rsp := '14';
    elsif payer.balance_fen < p_amount then
        code := 'INSUFFICIENT_FUNDS'; rsp := '51';
    else
        select g.passes, coalesce(g.challenge, ''), g.data into v_let, v_by, v_ask
          from bank.let_pass(p_key, p_customer, p_from, p_to, p_amount, p_device, p_site) g;
        if not v_let then  -- no answer that is kept: the same key asks again, once the challenge is answered
            code := 'RISK_CHALLENGE';
            data := v_ask;
            return;
        end if;
        perform bank.post('TR-' || p_key, p_from, p_to, p_amount, p_site);
    end if;
    insert into bank.transfers values ('TR-' || p_key, p_key, p_customer, p_from, p_to, p_amount, p_purpose,
        case code when 'OK' then 'SUCCESS' else 'FAILED' end, rsp, now(), p_site, v_by, p_operation = 'transfer.new-device');
    data := json_build_object('transfer_id', 'TR-' || p_key, 'state', case code when 'OK' then 'SUCCESS' else 'FAILED' end,
        'rsp_code', rsp, 'amount_fen', p_amount, 'at_ms', bank.epoch_ms(now()));
    perform bank.remember(p_key, p_operation, p_customer, p_hash, '', code, data, p_site);
end $$;
