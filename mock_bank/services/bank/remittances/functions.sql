-- A tenth of the half minute that banks give, as for foreign money.
create or replace function bank.fee_good() returns interval language sql immutable as $$
    select interval '3 seconds';
$$;

create or replace function bank.set_privilege(
    p_fee bigint, p_free integer, p_from timestamptz, p_until timestamptz, p_actor text, p_reason text, p_site text
) returns void language plpgsql as $$
declare
    v_before json := (select row_to_json(p) from bank.privilege p);
begin
    update bank.privilege set fee_fen = p_fee, free = p_free, free_from = p_from, free_until = p_until;
    insert into bank.audit (actor, action, target, reason, before, after, site)
    values (p_actor, 'privilege.set', 'remittances', p_reason, v_before, (select row_to_json(p) from bank.privilege p), p_site);
end $$;

-- How many of a customer's free times are gone: sent, or promised by a quote that still holds.
create or replace function bank.free_times(p_customer text) returns bigint language sql volatile as $$
    select count(*) from bank.remittance_quotes q left join bank.remittances r using (quote_id)
     where q.customer_no = p_customer and q.fee_fen = 0
       and (r.quote_id is not null or clock_timestamp() <= q.at + bank.fee_good());
$$;

-- Decided by the bank's own time, in which the window is half-open: from its first moment on, and no longer at its last.
create or replace function bank.fee_of(p_customer text) returns bigint language sql volatile as $$
    select case
        when (c.tier = 'gold' or bank.switched_on('fee_waived_for_all'))
         and (bank.switched_on('privilege_without_end')
              or (now() >= p.free_from and now() < p.free_until and bank.free_times(p_customer) < p.free))
        then 0 else p.fee_fen end
      from bank.customers c, bank.privilege p where c.customer_no = p_customer;
$$;

-- One customer's quotes and remittances wait for each other, so that no free time is promised twice.
create or replace function bank.quote_remittance(
    p_key text, p_hash bytea, p_customer text, p_deal text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_fee bigint;
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'remit.quote', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('remits ' || p_customer, 7));
    code := case
        when not exists (select 1 from bank.fx_deals where deal_id = p_deal and customer_no = p_customer) then 'DEAL_NOT_FOUND'
        when exists (select 1 from bank.remittances where deal_id = p_deal) then 'ALREADY_SENT'
        else 'OK' end;
    if code = 'DEAL_NOT_FOUND' then
        return;
    end if;
    v_fee := bank.fee_of(p_customer);
    if code = 'OK' then
        insert into bank.remittance_quotes (quote_id, idempotency_key, customer_no, deal_id, fee_fen, site)
        values ('RQ-' || p_key, p_key, p_customer, p_deal, v_fee, p_site);
    end if;
    data := json_build_object('quote_id', 'RQ-' || p_key, 'deal_id', p_deal, 'state', case code when 'OK' then 'QUOTED' else 'REJECTED' end,
        'fee_fen', v_fee, 'expires_at_ms', bank.epoch_ms(now() + bank.fee_good()));
    perform bank.remember(p_key, 'remit.quote', p_customer, p_hash, '', code, data, p_site);
end $$;

create or replace function bank.send_remittance(
    p_key text, p_hash bytea, p_customer text, p_from text, p_quote text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    quote bank.remittance_quotes%rowtype;
    v_has bigint;
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'remit.send', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('remits ' || p_customer, 7));
    select * into quote from bank.remittance_quotes where quote_id = p_quote and customer_no = p_customer;
    select balance_fen into v_has from bank.accounts where account_id = p_from and customer_no = p_customer for update;
    code := case
        when quote.quote_id is null then 'QUOTE_NOT_FOUND'
        when v_has is null then 'ACCOUNT_NOT_FOUND'
        when exists (select 1 from bank.remittances where quote_id = p_quote) then 'QUOTE_USED'
        when exists (select 1 from bank.remittances where deal_id = quote.deal_id) then 'ALREADY_SENT'
        when clock_timestamp() > quote.at + bank.fee_good() then 'QUOTE_EXPIRED'
        when v_has < quote.fee_fen then 'INSUFFICIENT_FUNDS'
        else 'OK' end;
    if code in ('QUOTE_NOT_FOUND', 'ACCOUNT_NOT_FOUND') then
        return;
    end if;
    if code = 'OK' then
        if quote.fee_fen > 0 then
            perform bank.post('RM-' || p_key, p_from, 'GL-FEES', quote.fee_fen, p_site);
        end if;
        insert into bank.remittances (remittance_id, idempotency_key, quote_id, deal_id, customer_no, from_account, fee_fen, site)
        values ('RM-' || p_key, p_key, p_quote, quote.deal_id, p_customer, p_from, quote.fee_fen, p_site);
    end if;
    data := json_build_object('remittance_id', 'RM-' || p_key, 'quote_id', p_quote,
        'state', case code when 'OK' then 'SENT' else 'REJECTED' end, 'fee_fen', quote.fee_fen, 'at_ms', bank.epoch_ms(now()));
    perform bank.remember(p_key, 'remit.send', p_customer, p_hash, '', code, data, p_site);
end $$;
