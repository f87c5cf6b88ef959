"""The bank's tables of effects."""

from typing import Final

from mock_bank.services import bank_models as m
from mock_bank.services.readback import ReadBack

TABLES: Final = (
    ReadBack(
        "transfers",
        "/bank/v1/ops/transfers",
        "transfer_id",
        m.TransferRow,
        """select transfer_id, idempotency_key, customer_no, from_account, to_account, amount_fen, purpose, state, rsp_code,
                  bank.epoch_ms(at) as at_ms, site
             from bank.transfers where transfer_id > $1 order by transfer_id limit $2""",
    ),
    ReadBack(
        "payments",
        "/bank/v1/ops/payments",
        "payment_id",
        m.PaymentRow,
        """select payment_id, idempotency_key, customer_no, account_id, merchant, order_id, amount_fen, state, rsp_code,
                  bank.epoch_ms(at) as at_ms, site
             from bank.payments where payment_id > $1 order by payment_id limit $2""",
    ),
    ReadBack(
        "reversals",
        "/bank/v1/ops/reversals",
        "payment_id",
        m.ReversalRow,
        """select reversal_id, payment_id, idempotency_key, customer_no, amount_fen, reason, 'SUCCESS' as state,
                  bank.epoch_ms(at) as at_ms, site
             from bank.reversals where payment_id > $1 order by payment_id limit $2""",
    ),
    ReadBack(
        "payouts",
        "/bank/v1/ops/payouts",
        "payout_key",
        m.PayoutRow,
        """select payout_key, customer_no, account_id, amount_fen, kind, 'PAID' as state, bank.epoch_ms(at) as at_ms, site
             from bank.payouts where payout_key > $1 order by payout_key limit $2""",
    ),
    ReadBack(
        "ledger",
        "/bank/v1/ops/ledger",
        "posting_id",
        m.PostingRow,
        """select posting_id, left(posting_id, -2) as txn_id, account_id, debit_fen, credit_fen, bank.epoch_ms(at) as at_ms, site
             from bank.postings where posting_id > $1 order by posting_id limit $2""",
    ),
    ReadBack(
        "accounts",
        "/bank/v1/ops/accounts",
        "account_id",
        m.AccountRow,
        """with a as materialized (
               select * from bank.accounts where account_id > $1 order by account_id limit $2
           ), sums as (
               select p.account_id, sum(p.credit_fen - p.debit_fen)::bigint as fen from bank.postings p
                where p.account_id in (select a.account_id from a where a.customer_no is null) group by p.account_id
           )
           select a.account_id, a.customer_no, case when a.customer_no is null then coalesce(s.fen, 0) else a.balance_fen end
                  as balance_fen
             from a left join sums s using (account_id) order by a.account_id""",
    ),
    ReadBack(
        "audit",
        "/bank/v1/ops/audit",
        "audit_id",
        m.AuditRow,
        """select audit_id, bank.epoch_ms(at) as at_ms, actor, action, target, reason, before, after, site
             from bank.audit where audit_id > coalesce(nullif($1, ''), '0')::bigint order by audit_id limit $2""",
    ),
)
