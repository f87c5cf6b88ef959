-- Opened once, however often it is asked for; the state that it is in now. Null where there is no such customer.
create or replace function bank.open_plan(p_plan text, p_customer text, p_monthly bigint, p_site text) returns text language plpgsql as $$
begin
    if not exists (select 1 from bank.customers where customer_no = p_customer) then
        return null;
    end if;
    insert into bank.invest_plans (plan_id, customer_no, monthly_fen, state, site) values (p_plan, p_customer, p_monthly, 'OPEN', p_site)
    on conflict (plan_id) do nothing;
    if not found then
        perform pg_logical_emit_message(true, 'replay', '');  -- as in replay(): said only of what is on the standby
    end if;
    return (select state from bank.invest_plans where plan_id = p_plan);
end $$;

-- Cancelled, also before it was opened: a request to open it that comes late finds it so.
create or replace function bank.cancel_plan(p_plan text, p_customer text, p_site text) returns text language plpgsql as $$
begin
    insert into bank.invest_plans (plan_id, customer_no, monthly_fen, state, site) values (p_plan, p_customer, 0, 'CANCELLED', p_site)
    on conflict (plan_id) do update set state = 'CANCELLED', at = now(), site = p_site;
    return 'CANCELLED';
end $$;
