"""Debits equal credits in every transaction and in all; a balance is the sum of its entries; none is negative."""

import numpy as np
import pandas as pd

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few, many
from reports.measures.arrays import I64, Bools, Objects, column, integers

ID = "double-entry"
TITLE = "Every fen has its counterpart"
KIND = Kind.INVARIANT
READS = ("ledger", "accounts")
PLAN = ("P1-01",)


def check(evidence: Evidence) -> list[Finding]:
    """The ledger against itself, and the accounts against the ledger. A balance is credits minus debits."""
    ledger, accounts = evidence.table("ledger"), evidence.table("accounts")
    if not len(ledger) or not len(accounts):
        raise NoEvidence("the read-back's ledger or its accounts are empty")
    debit, credit = integers(column(ledger, "debit_fen"), "debit_fen"), integers(column(ledger, "credit_fen"), "credit_fen")
    txns, by_txn = _sums(column(ledger, "txn"), debit - credit)
    names, by_account = _sums(column(ledger, "account"), credit - debit)
    balances = dict(zip(map(str, column(accounts, "account")), integers(column(accounts, "balance_fen"), "balance_fen"), strict=True))
    entries = dict(zip(names, by_account.tolist(), strict=True))
    crooked = [name for name in sorted(balances.keys() | entries.keys()) if balances.get(name) != entries.get(name, 0)]
    red = [
        name
        for name, balance, free in zip(balances, balances.values(), _may_be_negative(accounts), strict=True)
        if balance < 0 and not free
    ]
    uneven = np.flatnonzero(by_txn)
    return [
        judged(
            not len(uneven),
            ID,
            len(uneven),
            0,
            "transactions",
            f"{len(uneven) or 'none'} of {many(len(txns), 'transaction')} uneven; debits less credits overall: {int(by_txn.sum())} fen",
            few(f"{txns[row]}: debit - credit = {by_txn[row]} fen" for row in uneven),
        ),
        judged(
            not crooked,
            "balances",
            len(crooked),
            0,
            "accounts",
            f"{many(len(balances), 'account')}, {len(crooked) or 'none'} with a balance that is not the sum of its entries",
            few(f"{name}: balance {balances.get(name, 'unknown')}, entries {entries.get(name, 0)} fen" for name in crooked),
            title="A balance is the sum of its entries",
        ),
        judged(
            not red,
            "no-negative-balance",
            len(red),
            0,
            "accounts",
            f"{many(len(balances), 'account')}, {len(red) or 'none'} below zero that may not be",
            few(f"{name}: {balances[name]} fen" for name in sorted(red)),
            title="Nobody is overdrawn",
        ),
    ]


def _sums(names: Objects, amounts: I64) -> tuple[list[str], I64]:
    """Names in order, and the sum of each."""
    codes, found = pd.factorize(np.array(list(map(str, names)), object), sort=True)
    sums = np.zeros(len(found), np.int64)
    np.add.at(sums, codes, amounts)
    return [str(name) for name in found], sums


def _may_be_negative(accounts: pd.DataFrame) -> Bools:
    """Accounts that say so; where accounts tell only their owner, those of the house, which have none."""
    if "may_be_negative" in accounts.columns:
        return np.array([value is True for value in column(accounts, "may_be_negative")])
    if "owner" in accounts.columns:
        return np.array([value is None for value in column(accounts, "owner")])
    return np.zeros(len(accounts), bool)
