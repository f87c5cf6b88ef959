-- A tenth of the half minute that banks give: rehearsals are short, and some customers must come too late.
create or replace function bank.quote_good() returns interval language sql immutable as $$
    select interval '3 seconds';
$$;

-- A market that never stands still: another rate in every moment, within half a percent.
create or replace function bank.fx_rate(p_currency text) returns bigint language sql volatile as $$
    select round(case p_currency when 'USD' then 7120000 when 'EUR' then 8230000 else 920000 end
                 * (1 + 0.005 * sin(extract(epoch from clock_timestamp())::double precision)))::bigint;
$$;

create or replace function bank.fx_sum(p_cents bigint, p_rate bigint) returns bigint language sql immutable as $$
    select greatest(round(p_cents::numeric * p_rate / 1000000)::bigint, 1);
$$;

create or replace function bank.quote_fx(
    p_key text, p_hash bytea, p_customer text, p_currency text, p_cents bigint, p_site text, out code text, out data text
) language plpgsql as $$
declare
    v_rate bigint := bank.fx_rate(p_currency);
    v_fen  bigint := bank.fx_sum(p_cents, v_rate);
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'fx.quote', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    code := 'OK';
    insert into bank.fx_quotes (quote_id, idempotency_key, customer_no, currency, foreign_cents, rate_ppm, amount_fen, site)
    values ('FQ-' || p_key, p_key, p_customer, p_currency, p_cents, v_rate, v_fen, p_site);
    data := json_build_object('quote_id', 'FQ-' || p_key, 'currency', p_currency, 'foreign_cents', p_cents, 'rate_ppm', v_rate,
        'amount_fen', v_fen, 'expires_at_ms', bank.epoch_ms(now() + bank.quote_good()));
    perform bank.remember(p_key, 'fx.quote', p_customer, p_hash, '', code, data, p_site);
end $$;

-- Who deals twice in one quote queues at its row. The quote's time is held against the moment at which the bank was asked.
create or replace function bank.deal_fx(
    p_key text, p_hash bytea, p_customer text, p_from text, p_quote text, p_site text, out code text, out data text
) language plpgsql as $$
declare
    quote bank.fx_quotes%rowtype;
    v_fen bigint;
    v_has bigint;
begin
    select r.code, r.data into code, data from bank.replay(p_key, 'fx.deal', p_customer, p_hash) r;
    if code is not null then
        return;
    end if;
    select * into quote from bank.fx_quotes where quote_id = p_quote and customer_no = p_customer for update;
    select balance_fen into v_has from bank.accounts where account_id = p_from and customer_no = p_customer for update;
    v_fen := case when bank.switched_on('deal_at_todays_rate') then bank.fx_sum(quote.foreign_cents, bank.fx_rate(quote.currency))
        else quote.amount_fen end;
    code := case
        when quote.quote_id is null then 'QUOTE_NOT_FOUND'
        when v_has is null then 'ACCOUNT_NOT_FOUND'
        when exists (select 1 from bank.fx_deals where quote_id = p_quote) then 'QUOTE_USED'
        when now() > quote.at + bank.quote_good() and not bank.switched_on('quotes_never_expire') then 'QUOTE_EXPIRED'
        when v_has < v_fen then 'INSUFFICIENT_FUNDS'
        else 'OK' end;
    if code in ('QUOTE_NOT_FOUND', 'ACCOUNT_NOT_FOUND') then
        return;
    end if;
    if code = 'OK' then
        perform bank.post('FX-' || p_key, p_from, 'GL-FX', v_fen, p_site);
        insert into bank.fx_deals (deal_id, idempotency_key, quote_id, customer_no, from_account, amount_fen, site)
        values ('FX-' || p_key, p_key, p_quote, p_customer, p_from, v_fen, p_site);
    end if;
    data := json_build_object('deal_id', 'FX-' || p_key, 'quote_id', p_quote, 'state', case code when 'OK' then 'DONE' else 'REJECTED' end,
        'amount_fen', v_fen, 'at_ms', bank.epoch_ms(now()));
    perform bank.remember(p_key, 'fx.deal', p_customer, p_hash, '', code, data, p_site);
end $$;
