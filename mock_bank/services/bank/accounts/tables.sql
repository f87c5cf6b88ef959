-- A customer's balance is kept and guarded; an internal account's is the sum of its postings, so that no internal row is hot.
create table if not exists bank.accounts (
    account_id  text primary key,
    customer_no text,                           -- null: internal
    balance_fen bigint not null default 0 check (balance_fen >= 0)
) with (fillfactor = 70);
create index if not exists accounts_customer on bank.accounts (customer_no);
