create index if not exists postings_spent on bank.postings (account_id) where debit_fen > 0 and account_id like 'AC-%';
