-- Customers, their accounts and opening balances; those already enrolled are left as they are. Returns how many are new.
create or replace function bank.enrol(
    p_nos text[], p_names text[], p_phones text[], p_ids text[], p_cards text[], p_devices text[], p_tiers text[],
    p_opening bigint[],
    p_actor text, p_reason text, p_site text
) returns integer language plpgsql as $$
declare
    fresh text[];
begin
    with placed as (
        insert into bank.customers (customer_no, name, phone, id_no, card_no, device, tier)
        select * from unnest(p_nos, p_names, p_phones, p_ids, p_cards, p_devices, p_tiers) order by 1
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
