-- All that has gone out of a customer's account, by what it was for. What was taken back later was spent all the same.
create or replace function bank.spent(
    p_customer text, out transfers_fen bigint, out bills_fen bigint, out shops_fen bigint, out abroad_fen bigint
) language sql stable as $$
    select coalesce(sum(debit_fen) filter (where posting_id like 'TR-%'), 0)::bigint,
           coalesce(sum(debit_fen) filter (where posting_id like 'PY-%'), 0)::bigint,
           coalesce(sum(debit_fen) filter (where posting_id like 'QR-%'), 0)::bigint,
           coalesce(sum(debit_fen) filter (where posting_id like any (array['FX-%', 'RM-%'])), 0)::bigint
      from bank.postings
     where account_id = 'AC-' || p_customer and account_id like 'AC-%' and debit_fen > 0
       and not (site = 'B' and bank.switched_on('spending_of_one_centre'));
$$;
