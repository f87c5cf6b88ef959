-- Both legs of one transaction; customers' balances move with them. Callers have locked the accounts, in order.
create or replace function bank.post(p_txn text, p_debit text, p_credit text, p_amount bigint, p_site text)
returns void language plpgsql as $$
begin
    update bank.accounts
       set balance_fen = balance_fen + case when account_id = p_debit then -p_amount else p_amount end
     where account_id in (p_debit, p_credit) and customer_no is not null;
    insert into bank.postings (posting_id, account_id, debit_fen, credit_fen, site)
    values (p_txn || ':D', p_debit, p_amount, 0, p_site), (p_txn || ':C', p_credit, 0, p_amount, p_site);
end $$;

create or replace function bank.transfer(
    p_key text, p_hash bytea, p_customer text, p_from text, p_to text, p_amount bigint, p_purpose text, p_site text,
    out code text, out data text
) language plpgsql as $$
declare
    payer bank.accounts%rowtype;
    payee bank.accounts%rowtype;
    rsp   text := '00';
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'transfer.submit', p_customer, p_hash) r;
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
        perform bank.post('TR-' || p_key, p_from, p_to, p_amount, p_site);
    end if;
    insert into bank.transfers values ('TR-' || p_key, p_key, p_customer, p_from, p_to, p_amount, p_purpose,
        case code when 'OK' then 'SUCCESS' else 'FAILED' end, rsp, now(), p_site);
    data := json_build_object('transfer_id', 'TR-' || p_key, 'state', case code when 'OK' then 'SUCCESS' else 'FAILED' end,
        'rsp_code', rsp, 'amount_fen', p_amount, 'at_ms', bank.epoch_ms(now()));
    perform bank.remember(p_key, 'transfer.submit', p_customer, p_hash, '', code, data, p_site);
end $$;

create or replace function bank.pay(
    p_key text, p_hash bytea, p_customer text, p_account text, p_merchant text, p_order text, p_amount bigint, p_site text,
    out code text, out data text
) language plpgsql as $$
declare
    payer bank.accounts%rowtype;
    rsp   text := '00';
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'pay.submit', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into payer from bank.accounts where account_id = p_account and customer_no = p_customer for update;
    code := 'OK';
    if not found then
        code := 'ACCOUNT_NOT_FOUND'; rsp := '14';
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
    perform bank.remember(p_key, 'pay.submit', p_customer, p_hash, '', code, data, p_site);
end $$;

create or replace function bank.reverse(
    p_key text, p_hash bytea, p_customer text, p_payment text, p_reason text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    paid bank.payments%rowtype;
    rsp  text := '00';
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'pay.reverse', p_customer, p_hash) r;
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
    perform bank.remember(p_key, 'pay.reverse', p_customer, p_hash, '', code, data, p_site);
end $$;

-- A batch of campaign payouts, each posted once whoever sends it and however often. Keys first, then accounts, both in order.
create or replace function bank.pay_out(
    p_keys text[], p_customers text[], p_amounts bigint[], p_kinds text[], p_site text
) returns table (payout_key text, state text) language plpgsql as $$
#variable_conflict use_column
declare
    fresh text[];
begin
    with wish as (
        select w.payout_key, a.customer_no, a.account_id, w.amount_fen, w.kind
          from unnest(p_keys, p_customers, p_amounts, p_kinds) as w (payout_key, customer_no, amount_fen, kind)
          join bank.accounts a on a.account_id = 'AC-' || w.customer_no
         order by w.payout_key
    ), placed as (
        insert into bank.payouts (payout_key, customer_no, account_id, amount_fen, kind, site)
        select wish.*, p_site from wish on conflict (payout_key) do nothing returning payout_key
    )
    select array_agg(placed.payout_key) into fresh from placed;
    if fresh is null then
        perform pg_logical_emit_message(true, 'replay', '');  -- as in replay(): "paid" is said only of what is on the standby
    else
        perform 1 from bank.accounts where account_id in (select p.account_id from bank.payouts p where p.payout_key = any (fresh))
          order by account_id for update;
        update bank.accounts a set balance_fen = a.balance_fen + s.fen
          from (select p.account_id, sum(p.amount_fen)::bigint as fen from bank.payouts p
                 where p.payout_key = any (fresh) group by p.account_id) s
         where a.account_id = s.account_id;
        insert into bank.postings (posting_id, account_id, debit_fen, credit_fen, site)
        select 'PO-' || p.payout_key || leg.side, case leg.side when ':D' then 'GL-CAMPAIGN' else p.account_id end,
               case leg.side when ':D' then p.amount_fen else 0 end, case leg.side when ':C' then p.amount_fen else 0 end, p_site
          from bank.payouts p cross join (values (':D'), (':C')) as leg (side) where p.payout_key = any (fresh);
    end if;
    return query
    select w.payout_key, case when p.payout_key is null then 'REJECTED'
                              when (p.customer_no, p.amount_fen) = (w.customer_no, w.amount_fen) then 'PAID' else 'MISMATCH' end
      from unnest(p_keys, p_customers, p_amounts) as w (payout_key, customer_no, amount_fen)
      left join bank.payouts p on p.payout_key = w.payout_key;
end $$;

-- Customers, their accounts and opening balances; those already enrolled are left as they are. Returns how many are new.
create or replace function bank.enrol(
    p_nos text[], p_names text[], p_phones text[], p_ids text[], p_cards text[], p_devices text[], p_opening bigint[],
    p_actor text, p_reason text, p_site text
) returns integer language plpgsql as $$
declare
    fresh text[];
begin
    with placed as (
        insert into bank.customers (customer_no, name, phone, id_no, card_no, device)
        select * from unnest(p_nos, p_names, p_phones, p_ids, p_cards, p_devices) order by 1
        on conflict (customer_no) do nothing returning customer_no
    )
    select coalesce(array_agg(customer_no), '{}') into fresh from placed;
    insert into bank.accounts (account_id, customer_no, balance_fen)
    select 'AC-' || w.customer_no, w.customer_no, w.fen
      from unnest(p_nos, p_opening) as w (customer_no, fen) where w.customer_no = any (fresh);
    insert into bank.postings (posting_id, account_id, debit_fen, credit_fen, site)
    select 'OB-' || w.customer_no || leg.side, case leg.side when ':D' then 'GL-OPENING' else 'AC-' || w.customer_no end,
           case leg.side when ':D' then w.fen else 0 end, case leg.side when ':C' then w.fen else 0 end, p_site
      from unnest(p_nos, p_opening) as w (customer_no, fen) cross join (values (':D'), (':C')) as leg (side)
     where w.customer_no = any (fresh) and w.fen > 0;
    insert into bank.audit (actor, action, target, reason, after, site)
    values (p_actor, 'customers.enrol', cardinality(p_nos) || ' customers', p_reason,
            json_build_object('enrolled', cardinality(fresh)), p_site);
    return cardinality(fresh);
end $$;
