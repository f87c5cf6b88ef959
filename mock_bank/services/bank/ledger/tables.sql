-- One row per leg; posting_id is the transaction's id and ':D' or ':C'.
create table if not exists bank.postings (
    posting_id text primary key,
    account_id text not null,
    debit_fen  bigint not null check (debit_fen >= 0),
    credit_fen bigint not null check (credit_fen >= 0),
    at         timestamptz not null default now(),
    site       text not null
);
