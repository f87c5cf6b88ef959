"""The ledger: double entry."""

import random
from collections import Counter

from services_acts import balances, transfer
from services_world import World, together


def test_services_money_is_conserved_under_a_hammer_and_nobody_goes_below_zero(services: World) -> None:
    """400 transfers among six people with little money, on two nodes: sums hold, every balance is its postings, none is negative."""
    people = services.people(6, balance_fen=300)
    dice = random.Random(7)  # noqa: S311 - a repeatable hammer
    wishes = [(dice.randrange(2), *dice.sample(people, 2), dice.randrange(1, 200)) for _ in range(400)]
    codes = Counter(together([lambda w=w: transfer(services, *w) for w in wishes]))
    assert set(codes) == {"OK", "INSUFFICIENT_FUNDS"}, codes
    found = balances(services, people)
    assert sum(found.values()) == 6 * 300
    assert min(found.values()) >= 0
    sums: Counter[str] = Counter()
    for row in services.banks[1].read_back("/bank/v1/ops/ledger", limit=777):
        sums[row["account_id"]] += row["credit_fen"] - row["debit_fen"]
    assert {account: sums[account] for account in found} == found


def test_services_ledger_balances_in_every_transaction(services: World) -> None:
    """Each transaction has a debit and a credit of the same amount; the whole sums to zero."""
    by_txn: Counter[str] = Counter()
    legs: Counter[str] = Counter()
    for row in services.banks[0].read_back("/bank/v1/ops/ledger"):
        by_txn[row["txn_id"]] += row["debit_fen"] - row["credit_fen"]
        legs[row["txn_id"]] += 1
    assert legs
    assert set(legs.values()) == {2}
    assert not any(by_txn.values())
    assert sum(row["balance_fen"] for row in services.banks[0].read_back("/bank/v1/ops/accounts")) == 0
