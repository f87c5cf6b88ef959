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
