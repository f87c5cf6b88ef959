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
