create or replace function bank.pay(
    p_key text, p_hash bytea, p_customer text, p_account text, p_merchant text, p_order text, p_amount bigint, p_site text,
    out code text, out data text
) language plpgsql as $$
declare
    payer bank.accounts%rowtype;
    rsp   text := '00';
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'payment.submit', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into payer from bank.accounts where account_id = p_account and customer_no = p_customer for update;
    code := 'OK';
    if not found then
        code := 'ACCOUNT_NOT_FOUND'; rsp := '14';
    elsif exists (
        select 1 from bank.payments
         where account_id = p_account and order_id = p_order and merchant = p_merchant and payments.state <> 'FAILED'
    ) then  -- whoever taps again does so under another key; the account's lock lets the other one be seen
        code := 'ALREADY_PAID'; rsp := '94';
    elsif payer.balance_fen < p_amount then
        code := 'INSUFFICIENT_FUNDS'; rsp := '51';
    else
        if not exists (select 1 from bank.accounts where account_id = 'MC-' || p_merchant) then
            insert into bank.accounts (account_id) values ('MC-' || p_merchant) on conflict do nothing;
        end if;
        perform bank.post('PY-' || p_key, p_account, 'MC-' || p_merchant, p_amount, p_site);
    end if;
    insert into bank.payments values ('PY-' || p_key, p_key, p_customer, p_account, p_merchant, p_order, p_amount,
        case code when 'OK' then 'SUCCESS' else 'FAILED' end, rsp, now(), p_site);
    data := json_build_object('payment_id', 'PY-' || p_key, 'state', case code when 'OK' then 'SUCCESS' else 'FAILED' end,
        'rsp_code', rsp, 'amount_fen', p_amount, 'at_ms', bank.epoch_ms(now()));
    perform bank.remember(p_key, 'payment.submit', p_customer, p_hash, '', code, data, p_site);
end $$;

create or replace function bank.reverse(
    p_key text, p_hash bytea, p_customer text, p_payment text, p_reason text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    paid bank.payments%rowtype;
    rsp  text := '00';
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'payment.reverse', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into paid from bank.payments where payment_id = p_payment and customer_no = p_customer for update;
    code := 'OK';
    if not found then
        code := 'NOT_FOUND'; rsp := '25';
    elsif paid.state <> 'SUCCESS' then
        code := 'NOT_REVERSIBLE'; rsp := case paid.state when 'REVERSED' then '94' else '25' end;
    else
        update bank.payments set state = 'REVERSED' where payment_id = p_payment;
        insert into bank.reversals values ('RV-' || p_key, p_payment, p_key, p_customer, paid.amount_fen, p_reason, now(), p_site);
        perform bank.post('RV-' || p_key, 'MC-' || paid.merchant, paid.account_id, paid.amount_fen, p_site);
    end if;
    data := json_build_object('reversal_id', 'RV-' || p_key, 'payment_id', p_payment,
        'state', case code when 'OK' then 'SUCCESS' else 'FAILED' end,
        'rsp_code', rsp, 'amount_fen', coalesce(paid.amount_fen, 0), 'at_ms', bank.epoch_ms(now()));
    perform bank.remember(p_key, 'payment.reverse', p_customer, p_hash, '', code, data, p_site);
end $$;
