create or replace function bank.today() returns date language sql stable as $$
    select (now() at time zone 'Asia/Shanghai')::date;
$$;

-- An order is paid once. Whoever pays the same merchant queues at the merchant's account, so that the statement misses nobody.
create or replace function bank.collect(
    p_key text, p_hash bytea, p_customer text, p_from text, p_merchant text, p_order text, p_amount bigint, p_site text,
    out code text, out data text
) language plpgsql as $$
declare
    payer bank.accounts%rowtype;
    v_to  text := 'AC-' || p_merchant;
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'collection.pay', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    perform 1 from bank.accounts where account_id in (p_from, v_to) order by account_id for update;
    select * into payer from bank.accounts where account_id = p_from and customer_no = p_customer;
    code := case
        when payer.account_id is null or p_from = v_to or not exists (
            select 1 from bank.accounts where account_id = v_to and customer_no is not null) then 'ACCOUNT_NOT_FOUND'
        when exists (select 1 from bank.collections where to_account = v_to and order_id = p_order) then 'ALREADY_PAID'
        when payer.balance_fen < p_amount then 'INSUFFICIENT_FUNDS'
        else 'OK' end;
    if code = 'OK' then
        perform bank.post('QR-' || p_key, p_from, v_to, p_amount, p_site);
        insert into bank.collections (collection_id, idempotency_key, customer_no, from_account, to_account, order_id, amount_fen, site)
        values ('QR-' || p_key, p_key, p_customer, p_from, v_to, p_order, p_amount, p_site);
        insert into bank.statements
        select v_to, bank.today(), 1, p_amount
         where not (p_site = 'B' and bank.switched_on('statement_of_one_centre'))
        on conflict (account_id, day) do update set orders = bank.statements.orders + 1,
            total_fen = bank.statements.total_fen + excluded.total_fen;
    end if;
    data := json_build_object('collection_id', 'QR-' || p_key, 'state', case code when 'OK' then 'PAID' else 'REJECTED' end,
        'amount_fen', p_amount, 'at_ms', bank.epoch_ms(now()));
    perform bank.remember(p_key, 'collection.pay', p_customer, p_hash, '', code, data, p_site);
end $$;
