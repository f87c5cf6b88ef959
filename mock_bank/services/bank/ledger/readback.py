"""The ledger, read back."""

from pydantic import BaseModel

from mock_bank.services.kit.read_back import ReadBackTable


class PostingRow(BaseModel):
    """One leg of a double entry."""

    posting_id: str
    txn_id: str
    account_id: str
    debit_fen: int
    credit_fen: int
    at_ms: int
    site: str


class AccountRow(BaseModel):
    """An account: kept balance of a customer, sum of postings of an internal one (which may be negative)."""

    account_id: str
    customer_no: str | None
    balance_fen: int


LEDGER = ReadBackTable(
    "ledger",
    "/bank/v1/ops/ledger",
    "posting_id",
    PostingRow,
    """select posting_id, left(posting_id, -2) as txn_id, account_id, debit_fen, credit_fen, bank.epoch_ms(at) as at_ms, site
         from bank.postings where posting_id > $1 order by posting_id limit $2""",
)
ACCOUNTS = ReadBackTable(
    "accounts",
    "/bank/v1/ops/accounts",
    "account_id",
    AccountRow,
    """with a as materialized (
           select * from bank.accounts where account_id > $1 order by account_id limit $2
       ), sums as (
           select p.account_id, sum(p.credit_fen - p.debit_fen)::bigint as fen from bank.postings p
            where p.account_id in (select a.account_id from a where a.customer_no is null) group by p.account_id
       )
       select a.account_id, a.customer_no, case when a.customer_no is null then coalesce(s.fen, 0) else a.balance_fen end
              as balance_fen
         from a left join sums s using (account_id) order by a.account_id""",
)
